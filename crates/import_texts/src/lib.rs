//! Importers of texts in tables and logs: lists of SMS templates, and messages that were sent.

pub mod message_log;
pub mod sms_list;
