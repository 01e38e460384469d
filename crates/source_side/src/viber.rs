use crate::player::{Player, Trace};
use crate::{SourceError, SourceFile, SourceFlow};
#[derive(Debug)]
pub(crate) struct Message;
#[derive(Debug)]
pub(crate) struct Archive;
pub(crate) fn open_messages(_: &[SourceFile]) -> Result<Vec<SourceFlow>, SourceError> {
    Ok(Vec::new())
}
pub(crate) fn open_archive(_: &[SourceFile]) -> Result<Vec<SourceFlow>, SourceError> {
    Ok(Vec::new())
}
pub(crate) fn play_message(_: &Message, player: Player<'_>) -> Trace {
    player.trace
}
pub(crate) fn play_archive(_: &Archive, player: Player<'_>) -> Trace {
    player.trace
}
