//! Flows of RapidPro (specification 13 and 14), played as its engine does.
//!
//! A flow is played in each language that it has texts in. Where a text has no translation, the engine falls back to the
//! language of the flow, and so does this.

mod case;
mod definition;
mod expression;
mod functions;
mod run;
mod scope;
mod value;

use crate::player::{Player, Trace};
use crate::{Engine, SourceError, SourceFile, SourceFlow, json, language};
use definition::Definition;

/// A flow in one language, with the other flows of its file.
#[derive(Debug)]
pub(crate) struct Playable {
    definition: std::rc::Rc<Definition>,
    flow: usize,
    language: String,
}

pub(crate) fn open(files: &[SourceFile]) -> Result<Vec<SourceFlow>, SourceError> {
    let values: Vec<serde_json::Value> = files.iter().map(json).collect::<Result<_, _>>()?;
    let definition = std::rc::Rc::new(Definition::read(&values));
    let mut flows = Vec::new();
    for (n, flow) in definition.flows.iter().enumerate().filter(|it| !definition.is_entered(it.0)) {
        for code in flow.languages() {
            let playable = Playable { definition: definition.clone(), flow: n, language: code.clone() };
            flows.push(SourceFlow {
                name: flow.name.clone(),
                language: language::short_code(&code),
                not_simulated: flow.not_simulated(),
                begins_by_itself: !definition.is_triggered(n),
                engine: Engine::RapidPro(playable),
            });
        }
    }
    Ok(flows)
}

pub(crate) fn play(flow: &Playable, player: Player<'_>) -> Trace {
    run::run(&flow.definition, flow.flow, &flow.language, player)
}
