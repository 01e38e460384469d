//! Importers of bots that know intents: agents of Dialogflow ES, and Rasa.

pub mod dialogflow;
pub mod rasa;
