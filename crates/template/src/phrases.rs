//! Phrases that Ferry adds to texts.

/// Words that Ferry adds to texts, in one language.
#[derive(Debug)]
pub struct Phrases {
    /// Is put before a variable at the start of a text.
    pub greeting: &'static str,
    /// Is put after a variable at the end of a text.
    pub closing: &'static str,
    /// Opens a list.
    pub choose: &'static str,
    /// The rows that lead to the next page of a list, and back to the first.
    pub more: &'static str,
    pub back: &'static str,
    /// The quick reply that stops marketing, and the footer that names it.
    pub stop: &'static str,
    pub stop_line: &'static str,
    /// Answers a template, so that the conversation can go on.
    pub go_on: &'static str,
    /// Opens a link that has no title.
    pub open: &'static str,
}

impl Phrases {
    /// The phrases of a language, if Ferry has them.
    pub fn of(language: &str) -> Option<&'static Self> {
        let language = language.split(['_', '-']).next().unwrap_or_default().to_ascii_lowercase();
        ALL.iter().find(|it| it.0 == language).map(|it| &it.1)
    }
}

static ALL: [(&str, Phrases); 8] = [
    (
        "fr",
        Phrases {
            greeting: "Bonjour",
            closing: "Merci.",
            choose: "Choisir",
            more: "Plus…",
            back: "Retour au début",
            stop: "Se désabonner",
            stop_line: "Pour ne plus recevoir nos offres : Se désabonner",
            go_on: "Continuer",
            open: "Ouvrir",
        },
    ),
    (
        "en",
        Phrases {
            greeting: "Hello",
            closing: "Thank you.",
            choose: "Choose",
            more: "More…",
            back: "Back to the start",
            stop: "Stop promotions",
            stop_line: "To stop our offers, tap Stop promotions",
            go_on: "Continue",
            open: "Open",
        },
    ),
    (
        "es",
        Phrases {
            greeting: "Hola",
            closing: "Gracias.",
            choose: "Elegir",
            more: "Más…",
            back: "Volver al inicio",
            stop: "Darme de baja",
            stop_line: "Para no recibir más ofertas: Darme de baja",
            go_on: "Continuar",
            open: "Abrir",
        },
    ),
    (
        "pt",
        Phrases {
            greeting: "Olá",
            closing: "Obrigado.",
            choose: "Escolher",
            more: "Mais…",
            back: "Voltar ao início",
            stop: "Parar promoções",
            stop_line: "Para não receber mais ofertas: Parar promoções",
            go_on: "Continuar",
            open: "Abrir",
        },
    ),
    (
        "id",
        Phrases {
            greeting: "Halo",
            closing: "Terima kasih.",
            choose: "Pilih",
            more: "Lainnya…",
            back: "Kembali ke awal",
            stop: "Berhenti promosi",
            stop_line: "Agar tidak menerima promosi: Berhenti promosi",
            go_on: "Lanjutkan",
            open: "Buka",
        },
    ),
    (
        "de",
        Phrases {
            greeting: "Hallo",
            closing: "Vielen Dank.",
            choose: "Auswählen",
            more: "Mehr…",
            back: "Zurück zum Anfang",
            stop: "Werbung abbestellen",
            stop_line: "Keine Angebote mehr: Werbung abbestellen",
            go_on: "Weiter",
            open: "Öffnen",
        },
    ),
    (
        "it",
        Phrases {
            greeting: "Ciao",
            closing: "Grazie.",
            choose: "Scegli",
            more: "Altro…",
            back: "Torna all'inizio",
            stop: "Stop promozioni",
            stop_line: "Per non ricevere più offerte: Stop promozioni",
            go_on: "Continua",
            open: "Apri",
        },
    ),
    (
        "nl",
        Phrases {
            greeting: "Hallo",
            closing: "Dank u wel.",
            choose: "Kiezen",
            more: "Meer…",
            back: "Terug naar het begin",
            stop: "Stop aanbiedingen",
            stop_line: "Geen aanbiedingen meer: Stop aanbiedingen",
            go_on: "Verder",
            open: "Openen",
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MAX_BUTTON, MAX_LINE, MAX_ROW};

    #[test]
    fn every_phrase_fits_where_it_goes() {
        let length = |text: &str| text.chars().count();
        for (language, it) in &ALL {
            for button in [it.choose, it.stop, it.go_on, it.open] {
                assert!(length(button) <= MAX_BUTTON, "{language}: {button}");
            }
            assert!(length(it.more) <= MAX_ROW && length(it.back) <= MAX_ROW, "{language}");
            assert!(length(it.stop_line) <= MAX_LINE, "{language}: {}", it.stop_line);
        }
    }
    #[test]
    fn a_tap_on_the_button_that_stops_marketing_is_read_as_a_refusal() {
        let words = consent::Words::default();
        for (language, it) in &ALL {
            assert_eq!(words.message(it.stop), consent::Meaning::Stop, "{language}: {}", it.stop);
        }
    }
}
