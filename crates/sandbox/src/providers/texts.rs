//! The names and texts of the invented world.

pub(crate) const FIRST_NAMES: [&str; 24] = [
    "Awa",
    "Zoé",
    "Élodie",
    "Jean-Luc",
    "François",
    "Inès",
    "Mamadou",
    "Chloé",
    "Noël",
    "Fatou",
    "Loïc",
    "Amélie",
    "Sara",
    "Hugo",
    "Léa",
    "Jules",
    "Aïcha",
    "Maël",
    "Olivia",
    "Émile",
    "Nadia",
    "Théo",
    "Rosa",
    "Yann",
];

pub(super) const LAST_NAMES: [&str; 20] = [
    "Diop",
    "Lefèvre",
    "Nguyen",
    "O'Brien",
    "Garcia",
    "Müller",
    "Traoré",
    "Petit",
    "Dubois",
    "Øster",
    "Fontaine",
    "Haddad",
    "Le Gall",
    "Costa",
    "Moreau",
    "Sørensen",
    "Benali",
    "Roux",
    "Martin",
    "Ndiaye",
];

/// What the business writes; `#` becomes the number of an order.
pub(super) const OUTBOUND: [&str; 8] = [
    "Votre commande # est en route.",
    "Votre commande # est prête : à bientôt en boutique !",
    "Rappel : rendez-vous n° # demain à 10 h.",
    "Your order # has shipped.",
    "Offre de la semaine : -20 % avec le code # 🎉\nSTOP pour ne plus rien recevoir.",
    "Votre code est #.",
    "Merci de votre visite, dossier #; votre avis compte.",
    "Paiement \"#\" reçu, merci.",
];

/// What people write, besides the words of consent.
pub(super) const INBOUND: [&str; 8] =
    ["Merci !", "OK", "Oui", "Où est ma commande ?", "Thanks", "Non", "Je passe demain,\nvers 18 h", "👍"];

pub(super) const STOP_WORDS: [&str; 4] = ["STOP", "Stop", "ARRET", "UNSUBSCRIBE"];

pub(super) const START_WORDS: [&str; 2] = ["START", "UNSTOP"];
