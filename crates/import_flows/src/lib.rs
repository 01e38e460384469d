//! Importers of flows of steps: RapidPro and TextIt, and Twilio Studio.

pub mod rapidpro;
pub mod twilio_studio;
