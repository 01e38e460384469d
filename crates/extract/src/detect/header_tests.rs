//! Headers of real tools and of lists in many languages: which column is guessed to hold what.

use super::guess::{ColumnSample, guess};
use crate::Profile;

/// Cells that are whatever their column's name promises.
const FITTING: ColumnSample =
    ColumnSample { n_filled: 10, n_phones: 10, n_emails: 10, n_dates: 10, n_consent_known: 2, n_consent_distinct: 2 };

/// Tool or language, header, mapping as `field=column+column; …`, channel of the consent.
const HEADERS: [(&str, &str, &str, &str); 40] = [
    (
        "Google Contacts",
        "First Name,Middle Name,Last Name,Phonetic First Name,Nickname,File As,Organization Name,Birthday,Notes,Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value,Address 1 - Country,Address 1 - Region",
        "email=E-mail 1 - Value; first_name=First Name; last_name=Last Name; phone=Phone 1 - Value+Phone 2 - Value; region=Address 1 - Country; tags=Labels",
        "",
    ),
    (
        "Google Contacts, older",
        "Name,Given Name,Additional Name,Family Name,Yomi Name,Birthday,Notes,Language,Photo,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value",
        "email=E-mail 1 - Value; first_name=Given Name; language=Language; last_name=Family Name; name=Name; phone=Phone 1 - Value; tags=Group Membership",
        "",
    ),
    (
        "Outlook",
        "Title,First Name,Last Name,Company,Business Country/Region,Home Country/Region,Business Fax,Business Phone,Home Phone,Mobile Phone,Primary Phone,Categories,E-mail Address,E-mail 2 Address,Language,Notes",
        "email=E-mail Address+E-mail 2 Address; first_name=First Name; language=Language; last_name=Last Name; phone=Mobile Phone+Primary Phone+Home Phone+Business Phone; region=Home Country/Region+Business Country/Region; tags=Categories",
        "",
    ),
    (
        "Shopify",
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags",
        "consent=Accepts SMS Marketing; email=Email; external_id=Customer ID; first_name=First Name; last_name=Last Name; phone=Phone+Default Address Phone; region=Default Address Country Code; tags=Tags",
        "",
    ),
    (
        "Shopify, older",
        "First Name,Last Name,Email,Accepts Marketing,Company,Address1,City,Province,Province Code,Country,Country Code,Zip,Phone,Total Spent,Total Orders,Tags,Note,Tax Exempt",
        "consent=Accepts Marketing; email=Email; first_name=First Name; last_name=Last Name; phone=Phone; region=Country Code+Country; tags=Tags",
        "email",
    ),
    (
        "WooCommerce",
        "customer_id,user_login,date_registered,role,billing_first_name,billing_last_name,billing_company,billing_email,billing_phone,billing_country,shipping_country,last_order_date",
        "email=billing_email; external_id=customer_id; first_at=date_registered; first_name=billing_first_name; last_at=last_order_date; last_name=billing_last_name; phone=billing_phone; region=billing_country+shipping_country",
        "",
    ),
    (
        "HubSpot",
        "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Country/Region,Preferred language,Contact owner,Lead Status,Create Date,Last Activity Date,Unsubscribed from all email,Opted out of email: Marketing Information",
        "email=Email; external_id=Record ID; first_at=Create Date; first_name=First Name; language=Preferred language; last_at=Last Activity Date; last_name=Last Name; opt_out=Unsubscribed from all email+Opted out of email: Marketing Information; phone=Mobile Phone Number+Phone Number; region=Country/Region",
        "email",
    ),
    (
        "Salesforce",
        "Id,IsDeleted,AccountId,LastName,FirstName,Name,MailingCountry,Phone,Fax,MobilePhone,HomePhone,Email,HasOptedOutOfEmail,HasOptedOutOfFax,DoNotCall,CreatedDate,LastModifiedDate,LastActivityDate",
        "email=Email; external_id=Id; first_at=CreatedDate; first_name=FirstName; last_at=LastActivityDate; last_name=LastName; name=Name; opt_out=DoNotCall+HasOptedOutOfEmail; phone=MobilePhone+Phone+HomePhone; region=MailingCountry",
        "",
    ),
    (
        "Mailchimp",
        "Email Address,First Name,Last Name,Address,Phone Number,Birthday,SMS Phone,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,TIMEZONE,CC,REGION,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,LAST_CHANGED,LEID,EUID,NOTES,TAGS",
        "consent_at=CONFIRM_TIME; email=Email Address; external_id=EUID; first_name=First Name; last_at=LAST_CHANGED; last_name=Last Name; opt_out=UNSUB_TIME; phone=SMS Phone+Phone Number; region=CC; tags=TAGS",
        "",
    ),
    (
        "Brevo",
        "CONTACT ID,EMAIL,FIRSTNAME,LASTNAME,SMS,WHATSAPP,DOUBLE_OPT-IN,OPT_IN,ADDED_TIME,MODIFIED_TIME",
        "consent=OPT_IN; email=EMAIL; external_id=CONTACT ID; first_at=ADDED_TIME; first_name=FIRSTNAME; last_at=MODIFIED_TIME; last_name=LASTNAME; phone=SMS+WHATSAPP",
        "",
    ),
    (
        "Klaviyo",
        "Email,Klaviyo ID,First Name,Last Name,Organization,Title,Phone Number,City,Region,Country,Zip Code,Source,Email Marketing Consent,Email Marketing Consent Timestamp,SMS Marketing Consent,SMS Consent Timestamp,First Active,Last Active,Profile Created On",
        "consent=SMS Marketing Consent; consent_at=SMS Consent Timestamp; email=Email; external_id=Klaviyo ID; first_at=Profile Created On; first_name=First Name; last_at=Last Active; last_name=Last Name; phone=Phone Number; region=Country",
        "",
    ),
    (
        "Odoo",
        "External ID,Name,Phone,Mobile,Email,City,Country,Language,Tags,Created on,Last Updated on,Blacklist,Phone Blacklisted",
        "email=Email; external_id=External ID; first_at=Created on; language=Language; last_at=Last Updated on; name=Name; opt_out=Phone Blacklisted+Blacklist; phone=Mobile+Phone; region=Country; tags=Tags",
        "",
    ),
    (
        "Zoho",
        "Record Id,Contact Owner,First Name,Last Name,Account Name,Email,Phone,Mobile,Home Phone,Fax,Mailing Country,Email Opt Out,SMS Opt Out,Created Time,Modified Time,Last Activity Time,Tag",
        "email=Email; external_id=Record Id; first_at=Created Time; first_name=First Name; last_at=Last Activity Time; last_name=Last Name; opt_out=SMS Opt Out; phone=Mobile+Phone+Home Phone; region=Mailing Country; tags=Tag",
        "",
    ),
    (
        "Pipedrive",
        "Person - ID,Person - Name,Person - Phone - Work,Person - Phone - Mobile,Person - Email - Work,Person - Label,Person - Marketing status,Person - Person created",
        "consent=Person - Marketing status; email=Person - Email - Work; external_id=Person - ID; first_at=Person - Person created; name=Person - Name; phone=Person - Phone - Mobile+Person - Phone - Work; tags=Person - Label",
        "",
    ),
    (
        "Glific",
        "id,name,phone,language,optin_status,optin_time,optout_time,last_message_at,tags",
        "consent=optin_status; consent_at=optin_time; external_id=id; language=language; last_at=last_message_at; name=name; opt_out=optout_time; phone=phone; tags=tags",
        "",
    ),
    (
        "Chatwoot",
        "id,name,email,phone_number,identifier,country_code,last_activity_at,created_at,blocked,labels",
        "email=email; external_id=identifier; first_at=created_at; last_at=last_activity_at; name=name; opt_out=blocked; phone=phone_number; region=country_code; tags=labels",
        "",
    ),
    (
        "PrestaShop",
        "id_customer,firstname,lastname,email,phone_mobile,phone,newsletter,optin,date_add,country",
        "consent=optin; email=email; external_id=id_customer; first_at=date_add; first_name=firstname; last_name=lastname; phone=phone_mobile+phone; region=country",
        "",
    ),
    (
        "ActiveCampaign",
        "ID,Email,First Name,Last Name,Phone,Account Name,Tags,Date Created,IP,SMS Opt-in,Last Contacted Date",
        "consent=SMS Opt-in; email=Email; external_id=ID; first_at=Date Created; first_name=First Name; last_at=Last Contacted Date; last_name=Last Name; phone=Phone; tags=Tags",
        "",
    ),
    (
        "a list made by hand",
        "Full name,Cell #,e-mail,WhatsApp opt-in,Do not contact",
        "consent=WhatsApp opt-in; email=e-mail; name=Full name; opt_out=Do not contact; phone=Cell #",
        "whatsapp",
    ),
    (
        "French",
        "Civilité,Nom,Prénom,Tél. portable,Tél. fixe,E-mail,Pays,Date de création,Dernier achat,Consentement SMS,Désinscrit",
        "consent=Consentement SMS; email=E-mail; first_at=Date de création; first_name=Prénom; last_at=Dernier achat; last_name=Nom; opt_out=Désinscrit; phone=Tél. portable+Tél. fixe; region=Pays",
        "",
    ),
    (
        "French, Brevo",
        "EMAIL,NOM,PRENOM,SMS,N° client,Téléphone mobile,Inscrit newsletter",
        "consent=Inscrit newsletter; email=EMAIL; external_id=N° client; first_name=PRENOM; last_name=NOM; phone=Téléphone mobile+SMS",
        "email",
    ),
    (
        "German",
        "Kundennummer,Anrede,Vorname,Name,Handynummer,Telefon,Fax,E-Mail,Land,Sprache,Werbeeinwilligung,Abgemeldet am,Letzte Bestellung,Angelegt am",
        "consent=Werbeeinwilligung; email=E-Mail; external_id=Kundennummer; first_at=Angelegt am; first_name=Vorname; language=Sprache; last_at=Letzte Bestellung; last_name=Name; opt_out=Abgemeldet am; phone=Handynummer+Telefon; region=Land",
        "",
    ),
    (
        "Spanish",
        "Nombre,Apellidos,Teléfono móvil,Teléfono fijo,Correo electrónico,País,Idioma,Acepta SMS,Fecha de baja,Fecha de alta,Última compra",
        "consent=Acepta SMS; email=Correo electrónico; first_at=Fecha de alta; first_name=Nombre; language=Idioma; last_at=Última compra; last_name=Apellidos; opt_out=Fecha de baja; phone=Teléfono móvil+Teléfono fijo; region=País",
        "",
    ),
    (
        "Portuguese",
        "Código do cliente,Nome,Sobrenome,Celular,Telefone,E-mail,País,Aceita receber SMS,Descadastrado,Data de cadastro,Última compra",
        "consent=Aceita receber SMS; email=E-mail; external_id=Código do cliente; first_at=Data de cadastro; first_name=Nome; last_at=Última compra; last_name=Sobrenome; opt_out=Descadastrado; phone=Celular+Telefone; region=País",
        "",
    ),
    (
        "Italian",
        "Nome,Cognome,Cellulare,Telefono fisso,Email,Paese,Lingua,Consenso marketing,Disiscritto il,Data di registrazione,Ultimo acquisto",
        "consent=Consenso marketing; email=Email; first_at=Data di registrazione; first_name=Nome; language=Lingua; last_at=Ultimo acquisto; last_name=Cognome; opt_out=Disiscritto il; phone=Cellulare+Telefono fisso; region=Paese",
        "",
    ),
    (
        "Dutch",
        "Klantnummer,Voornaam,Achternaam,Mobiel nummer,Vaste telefoon,E-mailadres,Land,Taal,Toestemming,Uitgeschreven,Laatste contact",
        "consent=Toestemming; email=E-mailadres; external_id=Klantnummer; first_name=Voornaam; language=Taal; last_at=Laatste contact; last_name=Achternaam; opt_out=Uitgeschreven; phone=Mobiel nummer+Vaste telefoon; region=Land",
        "",
    ),
    (
        "Polish",
        "Imię,Nazwisko,Telefon komórkowy,Telefon stacjonarny,E-mail,Kraj,Język,Zgoda marketingowa,Wypisany,Data rejestracji,Ostatni kontakt",
        "consent=Zgoda marketingowa; email=E-mail; first_at=Data rejestracji; first_name=Imię; language=Język; last_at=Ostatni kontakt; last_name=Nazwisko; opt_out=Wypisany; phone=Telefon komórkowy+Telefon stacjonarny; region=Kraj",
        "",
    ),
    (
        "Russian",
        "Фамилия,Имя,Мобильный телефон,Телефон,Эл. почта,Страна,Язык,Согласие на рассылку,Отписан,Дата регистрации,Последний визит",
        "consent=Согласие на рассылку; email=Эл. почта; first_at=Дата регистрации; first_name=Имя; language=Язык; last_at=Последний визит; last_name=Фамилия; opt_out=Отписан; phone=Мобильный телефон+Телефон; region=Страна",
        "",
    ),
    (
        "Ukrainian",
        "Прізвище,Ім'я,Мобільний телефон,Ел. пошта,Країна,Мова,Згода,Відписався,Дата реєстрації",
        "consent=Згода; email=Ел. пошта; first_at=Дата реєстрації; first_name=Ім'я; language=Мова; last_name=Прізвище; opt_out=Відписався; phone=Мобільний телефон; region=Країна",
        "",
    ),
    (
        "Bulgarian",
        "Име,Фамилия,Мобилен телефон,Имейл,Държава,Език,Съгласие,Отписан,Дата на регистрация",
        "consent=Съгласие; email=Имейл; first_at=Дата на регистрация; first_name=Име; language=Език; last_name=Фамилия; opt_out=Отписан; phone=Мобилен телефон; region=Държава",
        "",
    ),
    (
        "Serbian",
        "Име и презиме,Мобилни телефон,Имејл,Држава,Језик,Сагласност,Одјављен",
        "consent=Сагласност; email=Имејл; language=Језик; name=Име и презиме; opt_out=Одјављен; phone=Мобилни телефон; region=Држава",
        "",
    ),
    (
        "Serbian, Latin",
        "Ime,Prezime,Mobilni telefon,Imejl,Država,Jezik,Saglasnost,Odjavljen,Datum registracije",
        "consent=Saglasnost; email=Imejl; first_at=Datum registracije; first_name=Ime; language=Jezik; last_name=Prezime; opt_out=Odjavljen; phone=Mobilni telefon; region=Država",
        "",
    ),
    (
        "Greek",
        "Όνομα,Επώνυμο,Κινητό,Τηλέφωνο,Ηλεκτρονικό ταχυδρομείο,Χώρα,Γλώσσα,Συγκατάθεση,Διαγραφή,Ημερομηνία εγγραφής",
        "consent=Συγκατάθεση; email=Ηλεκτρονικό ταχυδρομείο; first_at=Ημερομηνία εγγραφής; first_name=Όνομα; language=Γλώσσα; last_name=Επώνυμο; opt_out=Διαγραφή; phone=Κινητό+Τηλέφωνο; region=Χώρα",
        "",
    ),
    (
        "Turkish",
        "ADI,SOYADI,CEP TELEFONU,E-POSTA,ÜLKE,DİL,SMS İZNİ,Abonelikten çıktı,KAYIT TARİHİ,Müşteri No",
        "consent=SMS İZNİ; email=E-POSTA; external_id=Müşteri No; first_at=KAYIT TARİHİ; first_name=ADI; language=DİL; last_name=SOYADI; opt_out=Abonelikten çıktı; phone=CEP TELEFONU; region=ÜLKE",
        "",
    ),
    (
        "Arabic",
        "الاسم الأول,اسم العائلة,رقم الجوال,رقم الهاتف,البريد الإلكتروني,الدولة,اللغة,الموافقة,إلغاء الاشتراك,تاريخ التسجيل",
        "consent=الموافقة; email=البريد الإلكتروني; first_at=تاريخ التسجيل; first_name=الاسم الأول; language=اللغة; last_name=اسم العائلة; opt_out=إلغاء الاشتراك; phone=رقم الجوال+رقم الهاتف; region=الدولة",
        "",
    ),
    (
        "Indonesian",
        "Nama Lengkap,Nomor HP,Telepon,Alamat Email,Negara,Bahasa,Persetujuan,Berhenti berlangganan,Tanggal daftar,Kontak terakhir",
        "consent=Persetujuan; email=Alamat Email; first_at=Tanggal daftar; language=Bahasa; last_at=Kontak terakhir; name=Nama Lengkap; opt_out=Berhenti berlangganan; phone=Nomor HP+Telepon; region=Negara",
        "",
    ),
    (
        "Hindi",
        "नाम,मोबाइल नंबर,फ़ोन,ईमेल,देश,भाषा,सहमति,सदस्यता रद्द,पंजीकरण तिथि",
        "consent=सहमति; email=ईमेल; first_at=पंजीकरण तिथि; language=भाषा; name=नाम; opt_out=सदस्यता रद्द; phone=मोबाइल नंबर+फ़ोन; region=देश",
        "",
    ),
    (
        "decorated names",
        "\u{feff}#,Phone:,Name [full],e.mail,Opt-in?,Country (ISO 2)",
        "consent=Opt-in?; email=e.mail; name=Name [full]; phone=Phone:; region=Country (ISO 2)",
        "",
    ),
    (
        "camel case",
        "contactId,firstName,lastName,phoneNumber,emailAddress,countryCode,lastMessageAt,createdAt,smsOptIn,smsOptInDate,optedOutAt",
        "consent=smsOptIn; consent_at=smsOptInDate; email=emailAddress; external_id=contactId; first_at=createdAt; first_name=firstName; last_at=lastMessageAt; last_name=lastName; opt_out=optedOutAt; phone=phoneNumber; region=countryCode",
        "",
    ),
    ("date and status beside a phone", "Mobile,Date,Status", "consent=Status; last_at=Date; phone=Mobile", ""),
];

#[test]
fn a_header_says_which_column_holds_what() {
    let profiles = Profile::built_in().unwrap();
    let contacts = profiles.iter().find(|it| it.name == "contacts").unwrap();
    let mut wrong = Vec::new();
    for (tool, header, expected, channel) in HEADERS {
        let columns: Vec<String> = header.split(',').map(str::to_owned).collect();
        let guessed = guess(contacts, &columns, &vec![FITTING; columns.len()]);
        let fields = guessed.columns.iter().map(|(field, names)| {
            let names: Vec<&str> = names.iter().collect();
            format!("{field}={}", names.join("+"))
        });
        let fields = fields.collect::<Vec<_>>().join("; ");
        let guessed_channel = guessed.consent_channel.unwrap_or("");
        if (fields.as_str(), guessed_channel) != (expected, channel) {
            wrong.push(format!("{tool}\n  expected {expected} [{channel}]\n  guessed  {fields} [{guessed_channel}]"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), HEADERS.len(), wrong.join("\n"));
}
