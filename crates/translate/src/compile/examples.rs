//! Makes up examples for slots from their names: reviewers see them.

/// An example, and the beginnings of words that mean it, in the languages of the texts.
const EXAMPLES: [(&str, &[&str]); 13] = [
    ("ana@example.com", &["email", "mail", "courriel", "correo"]),
    ("https://example.com/a1", &["url", "link", "lien", "enlace", "tautan", "website", "site"]),
    (
        "+33199000001",
        &["phone", "telephone", "telefon", "tel", "mobile", "numero_de_telephone", "celular", "handphone"],
    ),
    (
        "12/03/2026",
        &[
            "date",
            "fecha",
            "data",
            "datum",
            "tanggal",
            "tarih",
            "imerominia",
            "jour",
            "day",
            "dia",
            "tag",
            "giorno",
            "hari",
        ],
    ),
    ("14:30", &["time", "vremya", "chas", "gio", "heure", "hour", "hora", "uhrzeit", "jam", "saat", "ora", "tijd"]),
    (
        "25.00",
        &[
            "amount", "montant", "price", "prix", "precio", "preco", "valor", "betrag", "preis", "harga", "importo",
            "prezzo", "bedrag", "prijs", "tutar", "fiyat", "total", "summa", "suma", "stoimost", "tsena", "poso",
            "kwota", "cena", "tien", "kiasi", "monto", "importe", "jumlah",
        ],
    ),
    (
        "20",
        &[
            "percent",
            "taux",
            "discount",
            "rate",
            "remise",
            "descuento",
            "desconto",
            "rabatt",
            "sconto",
            "korting",
            "indirim",
            "diskon",
        ],
    ),
    ("123456", &["code", "otp", "pin", "codigo", "kode", "kod", "kodikos"]),
    (
        "A1041",
        &[
            "order",
            "commande",
            "pedido",
            "reference",
            "ref",
            "number",
            "numero",
            "id",
            "pesanan",
            "zakaz",
            "zakaza",
            "zamovlennya",
            "nomer",
            "arithmos",
            "paraggelia",
            "zamowienie",
            "numer",
            "bestellung",
            "ordine",
            "nummer",
            "siparis",
            "invoice",
            "facture",
            "factura",
            "fatura",
            "ticket",
            "tracking",
            "suivi",
            "nomor",
            "resi",
        ],
    ),
    (
        "Paris",
        &[
            "city",
            "ville",
            "ciudad",
            "cidade",
            "stadt",
            "kota",
            "citta",
            "stad",
            "gorod",
            "misto",
            "poli",
            "miasto",
            "adres",
            "sehir",
            "place",
            "lieu",
            "lugar",
            "address",
            "adresse",
            "direccion",
            "endereco",
            "alamat",
            "indirizzo",
        ],
    ),
    (
        "3",
        &[
            "count",
            "quantity",
            "quantite",
            "cantidad",
            "quantidade",
            "anzahl",
            "jumlah_barang",
            "quantita",
            "aantal",
            "adet",
            "days",
            "jours",
            "dias",
        ],
    ),
    ("Ferry Shop", &BUSINESS),
    (
        "Ana",
        &[
            "name",
            "nom",
            "prenom",
            "nombre",
            "nome",
            "vorname",
            "nachname",
            "nama",
            "naam",
            "isim",
            "ad",
            "ten",
            "jina",
            "imya",
            "klienta",
            "familiya",
            "onoma",
            "imie",
            "klient",
            "adi",
            "first",
            "last",
            "customer",
            "client",
            "cliente",
            "kunde",
            "pelanggan",
            "klant",
            "musteri",
        ],
    ),
];

const BUSINESS: [&str; 16] = [
    "company",
    "business",
    "brand",
    "shop",
    "store",
    "entreprise",
    "societe",
    "enseigne",
    "boutique",
    "empresa",
    "tienda",
    "loja",
    "toko",
    "firma",
    "azienda",
    "bedrijf",
];

/// Whether the name of a slot means the business.
pub(super) fn is_business(slot: &str) -> bool {
    slot.split('_').any(|it| is_one_of(it, &BUSINESS))
}

/// Words of names that programs give, which no reviewer understands.
const INTERNAL: [&str; 34] = [
    "dictionary",
    "dict",
    "json",
    "result",
    "results",
    "parsed",
    "data",
    "var",
    "variable",
    "param",
    "parameter",
    "field",
    "fields",
    "value",
    "payload",
    "index",
    "counter",
    "iterator",
    "array",
    "list",
    "object",
    "node",
    "tmp",
    "temp",
    "key",
    "flag",
    "webhook",
    "response",
    "body",
    "uuid",
    "sid",
    "computed",
    "slot",
    "extra",
];

/// What stands for a value that nothing is known of.
const UNKNOWN: &str = "example";

/// An example for the name of a slot: the kind of value that its last known word means, or the words themselves.
pub(super) fn of(slot: &str) -> String {
    match known(slot) {
        Some(example) => example.to_owned(),
        None if is_internal(slot) => UNKNOWN.to_owned(),
        None => slot.replace('_', " "),
    }
}

/// Whether a name is one that a program gave, and says nothing about the value.
pub(super) fn is_internal(slot: &str) -> bool {
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    known(slot).is_none() && slot.split('_').any(|it| is_number(it) || is_one_of(it, &INTERNAL))
}

fn known(slot: &str) -> Option<&'static str> {
    slot.rsplit('_').find_map(|word| EXAMPLES.iter().find(|it| is_one_of(word, it.1))).map(|it| it.0)
}

/// Whether a word of a name is one of these, alone or with a number.
fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.contains(&word.trim_end_matches(|it: char| it.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_of_the_kind_that_the_name_means() {
        for (slot, example) in [
            ("first_name", "Ana"),
            ("date_2", "12/03/2026"),
            ("order_number", "A1041"),
            ("montant", "25.00"),
            ("nama_toko", "Ferry Shop"),
            ("imya_klienta", "Ana"),
            ("nomer_zakaza", "A1041"),
            ("flow_data_prenom", "Ana"),
            ("favourite_colour", "favourite colour"),
            ("goals_dictionary_0", "example"),
        ] {
            assert_eq!(of(slot), example, "{slot}");
        }
    }
}
