//! Importers of messages and templates with their buttons: Infobip, Twilio Content, messages and archives of Viber bots.

pub mod infobip;
pub mod twilio_content;
pub mod viber_archive;
pub mod viber_messages;
