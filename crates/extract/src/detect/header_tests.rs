//! Headers of real tools and of lists in many languages: which column is guessed to hold what.

use crate::{ColumnSample, Profile, guess_columns};

/// Cells that are whatever their column's name promises.
const FITTING: ColumnSample = ColumnSample {
    n_filled: 10,
    n_phones: 10,
    n_national: 0,
    n_written_national: 0,
    n_emails: 10,
    n_dates: 10,
    n_consent_known: 2,
    n_consent_distinct: 2,
};

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
        let guessed = guess_columns(contacts, &columns, &vec![FITTING; columns.len()]);
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

/// Headers that programs of all kinds write, found in public code: header, mapping, columns that are left out.
const FOUND: [(&str, &str, &str); 48] = [
    (
        "N°,Statut,Nom,Prénom,Ville,Téléphone,Email,Spectacle,Date,Adultes,Enfants,Total,Enregistrée le",
        "email=Email; first_at=Enregistrée le; first_name=Prénom; last_at=Date; last_name=Nom; phone=Téléphone",
        "Statut",
    ),
    (
        "Numéro,Nom,Prénom,Courriel,Formule,Statut,Début,Fin,Montant",
        "email=Courriel; first_name=Prénom; last_name=Nom",
        "Statut",
    ),
    (
        "Nummer,Nachname,Vorname,Geburtsdatum,Eintritt,Status,Straße,PLZ,Ort,Mail,Zustimmung Mail,Telefon,Zustimmung Telefon,Beruf",
        "consent=Zustimmung Telefon; email=Mail; first_name=Vorname; last_name=Nachname; phone=Telefon",
        "Status+Zustimmung Mail",
    ),
    (
        "Registrierungsnummer,Registriert am,Name,Vorname,Nickname,Telefon,E-mail,Kategorie,Geburtsdatum",
        "email=E-mail; first_at=Registriert am; first_name=Vorname; last_name=Name; phone=Telefon; tags=Kategorie",
        "",
    ),
    (
        "ID,Дата,Имя,Телефон,Email,ЖК,Тип заявки,Статус,IP",
        "email=Email; external_id=ID; first_name=Имя; last_at=Дата; phone=Телефон",
        "Статус",
    ),
    (
        "№ п/п,Дата и время (Самара),Номер дела,Статус обращения,ФИО заявителя,Телефон,Email,Суть вопроса",
        "email=Email; name=ФИО заявителя; phone=Телефон",
        "",
    ),
    (
        "Property Address,First Name,Last Name,Phone,Email,Link,Status,Follow Up,Lead Source,Date Created,County",
        "email=Email; first_at=Date Created; first_name=First Name; last_name=Last Name; phone=Phone",
        "Status",
    ),
    (
        "Lead ID,First Name,Last Name,Phone,Direction,Status,Message Body,Sent At,Delivered At",
        "external_id=Lead ID; first_name=First Name; last_at=Sent At; last_name=Last Name; phone=Phone",
        "Status",
    ),
    (
        "Member ID,First Name,Last Name,Phone,Email,Status,Plan,Start Date,End Date,Total Paid",
        "email=Email; external_id=Member ID; first_name=First Name; last_name=Last Name; phone=Phone",
        "Status",
    ),
    (
        "ID,Nama,No HP,Alamat,Total Order,Total Belanja,Terakhir Order,Tag",
        "external_id=ID; last_at=Terakhir Order; name=Nama; phone=No HP; tags=Tag",
        "",
    ),
    (
        "ID,Ad Soyad,Telefon,E-posta,Şirket,Müşteri Tipi,Kayıt Tarihi,Son Alışveriş,Toplam Alışveriş,Durum",
        "email=E-posta; external_id=ID; first_at=Kayıt Tarihi; last_at=Son Alışveriş; name=Ad Soyad; phone=Telefon",
        "Durum",
    ),
    (
        "Musteri Ad Soyad,Telefon,E-Posta,Islem Yaptigi Mekan,Tarih,Saat,Hizmet,Durum",
        "email=E-Posta; last_at=Tarih; name=Musteri Ad Soyad; phone=Telefon",
        "Durum",
    ),
    (
        "Üye No,Ad Soyad,Telefon,Email,Durum,Üyelik Tipi",
        "email=Email; external_id=Üye No; name=Ad Soyad; phone=Telefon",
        "Durum",
    ),
    (
        "id,first_name,last_name,phone_e164,email,instagram_handle,status,client_type,source,marketing_opt_in,sms_opt_in,notes,created_at,updated_at,last_contacted_at",
        "consent=sms_opt_in; email=email; external_id=id; first_at=created_at; first_name=first_name; last_at=last_contacted_at; last_name=last_name; phone=phone_e164",
        "status+marketing_opt_in",
    ),
    (
        "id,birth_date,loyalty_status,phone,sms_opt_in,email_opt_in,push_opt_in,marketing_consent_at",
        "consent=sms_opt_in; consent_at=marketing_consent_at; external_id=id; phone=phone",
        "push_opt_in+email_opt_in",
    ),
    (
        "id,created_at,name,email,unsubscribed,unsubscribed_at,suppressed,suppressed_reason,suppressed_at,unsubscribe_token",
        "email=email; external_id=id; first_at=created_at; name=name; opt_out=unsubscribed+unsubscribed_at+suppressed+suppressed_at",
        "",
    ),
    (
        "NOME,COGNOME,TELEFONO_1,TELEFONO_2,TELEFONO_3,EMAIL_1,EMAIL_2,EMAIL_3",
        "email=EMAIL_1+EMAIL_2+EMAIL_3; first_name=NOME; last_name=COGNOME; phone=TELEFONO_1+TELEFONO_2+TELEFONO_3",
        "",
    ),
    (
        "imię,nazwisko,e-mail,rok urodzenia,klasa,telefon,e-mail opiekuna prawnego",
        "email=e-mail; first_name=imię; last_name=nazwisko; phone=telefon",
        "",
    ),
    (
        "voornaam,achternaam,geboortedatum,geslacht,bedrijf,straat,postcode,plaats,land (iso),telefoon,mobiel,fax,email,website,taal(iso)",
        "email=email; first_name=voornaam; language=taal(iso); last_name=achternaam; phone=mobiel+telefoon; region=land (iso)",
        "",
    ),
    (
        "Relatienummer,Voornaam,Achternaam,E-mailadres,Team",
        "email=E-mailadres; external_id=Relatienummer; first_name=Voornaam; last_name=Achternaam",
        "",
    ),
    (
        "First Name,Last Name,Email,Email Status,Seniority,Work Direct Phone,Home Phone,Mobile Phone,Corporate Phone,Other Phone,Do Not Call,Lists,Person Linkedin Url,Country,Secondary Email",
        "email=Email+Secondary Email; first_name=First Name; last_name=Last Name; opt_out=Do Not Call; phone=Mobile Phone+Work Direct Phone+Home Phone+Other Phone; region=Country; tags=Lists",
        "",
    ),
    (
        "AK ID,Last Name,First Name,Phone,Do not call,Do not text,Do not email,Unsubscribed email,Wrong number,Moved,Date added,Contact type,Contacted by,Note",
        "first_at=Date added; first_name=First Name; last_name=Last Name; opt_out=Do not text+Do not call; phone=Phone",
        "Do not email+Unsubscribed email",
    ),
    (
        "Prospect ID,Lead Number,Company,First Name,Last Name,Mobile Number,Website,Lead Source,Do Not Email,Do Not Call,Lead Stage,Last Activity,Last Activity Date,Created On",
        "external_id=Prospect ID; first_at=Created On; first_name=First Name; last_at=Last Activity Date; last_name=Last Name; opt_out=Do Not Call+Do Not Email; phone=Mobile Number",
        "",
    ),
    (
        "Lead Name,First Name,Last Name,Position,Email 1,Email 2,Phone 1,Phone 2,Do Not Email,Do Not Call,Notes",
        "email=Email 1+Email 2; first_name=First Name; last_name=Last Name; opt_out=Do Not Call+Do Not Email; phone=Phone 1+Phone 2",
        "",
    ),
    (
        "Name,Email,Mobile,Home Phone,Work Phone,Suburb,State,Contact Class,Source,Status,Do Not Call,Do Not Email,Last Modified",
        "email=Email; last_at=Last Modified; name=Name; opt_out=Do Not Call+Do Not Email; phone=Mobile+Home Phone+Work Phone",
        "Status",
    ),
    (
        "id,Usuario,Nombre,Apellidos,Direccion,Telefono,Email,urlFoto",
        "email=Email; external_id=id; first_name=Nombre; last_name=Apellidos; phone=Telefono",
        "",
    ),
    (
        "Name,Rolle,Kategorie,Telefon,E-Mail,Status,WhatsApp,Notizen",
        "email=E-Mail; name=Name; phone=Telefon; tags=Kategorie",
        "WhatsApp+Status",
    ),
    (
        "Bestellnummer,Erstellt,Status,Name,Telefon,E-Mail,Abholung,Summe (€)",
        "email=E-Mail; first_at=Erstellt; name=Name; phone=Telefon",
        "Status",
    ),
    (
        "Kontaktart,Name,Vorname,Adresse,PLZ,Ort,Land,Telefon,E-Mail,Kontaktperson 1 Nachname,Kontaktperson 1 Vorname",
        "email=E-Mail; first_name=Vorname; last_name=Name; phone=Telefon; region=Land",
        "",
    ),
    (
        "Prénom,Nom,Téléphone,Email,Entreprise,MF,Commandes,Total dépensé,Dernière commande,Tags,Ville,Gouvernorat",
        "email=Email; first_name=Prénom; last_at=Dernière commande; last_name=Nom; phone=Téléphone; tags=Tags",
        "",
    ),
    (
        "Code,Nom,Téléphone,Email,Adresse,Client depuis,Commandes,Total dépensé",
        "email=Email; first_at=Client depuis; last_name=Nom; phone=Téléphone",
        "",
    ),
    ("phone,opted_out,do_not_contact,consent", "consent=consent; opt_out=do_not_contact+opted_out; phone=phone", ""),
    (
        "id,name,phone_number,platform,opted_out,opted_out_at,ai_enabled",
        "external_id=id; name=name; opt_out=opted_out+opted_out_at; phone=phone_number",
        "",
    ),
    (
        "id,buyer_id,name,company,country,phone_e164,phone_valid,opted_out,grade,stage,score,owner,updated_at",
        "external_id=id; last_at=updated_at; name=name; opt_out=opted_out; phone=phone_e164; region=country",
        "",
    ),
    (
        "Nombre,Calle,Ciudad,País,Teléfono Comercial,Teléfono Residencial,Fax,Celular,Email",
        "email=Email; first_name=Nombre; phone=Celular+Teléfono Residencial+Teléfono Comercial; region=País",
        "",
    ),
    (
        "codigo,nome,cpf,rg,nascimento,telefone,celular,email,endereco,numero,bairro,cidade,uf,cep,limite,data_cadastro",
        "email=email; first_at=data_cadastro; first_name=nome; phone=celular+telefone",
        "",
    ),
    (
        "PERFIL,CPF,NOME,PEDIDO_GAR,DATA_VAL,DATA_EMISS,TEL_FIXO,CELULAR,EMAIL",
        "email=EMAIL; first_name=NOME; phone=CELULAR+TEL_FIXO",
        "",
    ),
    (
        "ID,Имя,Телефон,Email,Компания,ИНН,Верифицирован,Заказов,Потрачено,Регистрация",
        "email=Email; external_id=ID; first_at=Регистрация; first_name=Имя; phone=Телефон",
        "",
    ),
    (
        "Имя,Телефон,Email,Город,Источник,Заметки,Дата создания",
        "email=Email; first_at=Дата создания; first_name=Имя; phone=Телефон",
        "",
    ),
    (
        "Имя,Телефон,Email,Сегмент,Визиты,Последний визит",
        "email=Email; first_name=Имя; last_at=Последний визит; phone=Телефон; tags=Сегмент",
        "",
    ),
    (
        "Código,Cliente,Teléfono,Email,Servicio,Empleado,Fecha,Duración (min),Precio,Estado,Notas",
        "email=Email; last_at=Fecha; name=Cliente; phone=Teléfono",
        "Estado",
    ),
    (
        "Nombre,Cédula,Teléfono,Email,Dirección,Créditos,Fecha Registro",
        "email=Email; first_at=Fecha Registro; first_name=Nombre; phone=Teléfono",
        "",
    ),
    (
        "رقم العميل,اسم العميل,نوع العميل,رقم الهاتف,عدد العدادات,تاريخ التسجيل",
        "external_id=رقم العميل; first_at=تاريخ التسجيل; name=اسم العميل; phone=رقم الهاتف",
        "",
    ),
    (
        "الاسم,البريد الإلكتروني,رقم الهاتف,تاريخ الانضمام,المستوى,الحالة",
        "email=البريد الإلكتروني; first_at=تاريخ الانضمام; name=الاسم; phone=رقم الهاتف",
        "الحالة",
    ),
    ("الاسم,رقم الهاتف,المصدر,تاريخ الحفظ,آخر نشاط,عدد التواصل", "last_at=آخر نشاط; name=الاسم; phone=رقم الهاتف", ""),
    (
        "Timestamp,Name,Email,Phone,SMS Consent,Business Type,Challenge,Message,Source",
        "consent=SMS Consent; email=Email; last_at=Timestamp; name=Name; phone=Phone",
        "",
    ),
    (
        "Email,Full Name,Phone,SMS Consent,Acknowledged Field Guide,Non-Solicitation,Signature,Date Submitted",
        "consent=SMS Consent; email=Email; name=Full Name; phone=Phone",
        "",
    ),
    ("Fornavn,Efternavn,Telefon,E-mail,Firma,Postnr,By", "email=E-mail; phone=Telefon", ""),
];

#[test]
fn a_header_of_any_program_says_which_column_holds_what() {
    let profiles = Profile::built_in().unwrap();
    let contacts = profiles.iter().find(|it| it.name == "contacts").unwrap();
    let mut wrong = Vec::new();
    for (header, expected, expected_left_out) in FOUND {
        let columns: Vec<String> = header.split(',').map(str::to_owned).collect();
        let field_of = |column: &str| {
            let is_of = |field: &&str| field.split_once('=').is_some_and(|it| it.1.split('+').any(|it| it == column));
            expected.split("; ").find(is_of).and_then(|it| it.split_once('=')).map_or("", |it| it.0)
        };
        let is_flag = |column: &str| {
            let column = column.to_lowercase();
            ["opt_in", "mail", "whatsapp"].iter().any(|it| column.contains(it)) && field_of(&column).is_empty()
        };
        let sample = |column: &String| match field_of(column) {
            "phone" => ColumnSample { n_filled: 10, n_phones: 9, ..ColumnSample::default() },
            "last_at" | "first_at" | "consent_at" => {
                ColumnSample { n_filled: 10, n_dates: 10, n_consent_distinct: 10, ..ColumnSample::default() }
            }
            "consent" | "opt_out" => {
                ColumnSample { n_filled: 10, n_consent_known: 2, n_consent_distinct: 2, ..ColumnSample::default() }
            }
            // Flags of other channels are understood as well, and a status is not.
            _ if is_flag(column) => {
                ColumnSample { n_filled: 10, n_consent_known: 2, n_consent_distinct: 2, ..ColumnSample::default() }
            }
            _ => ColumnSample { n_filled: 10, n_consent_distinct: 8, ..ColumnSample::default() },
        };
        let samples: Vec<ColumnSample> = columns.iter().map(sample).collect();
        let guessed = guess_columns(contacts, &columns, &samples);
        let fields = guessed
            .columns
            .iter()
            .map(|(field, names)| format!("{field}={}", names.iter().collect::<Vec<_>>().join("+")));
        let fields = fields.collect::<Vec<_>>().join("; ");
        let left_out = guessed.left_out.iter().map(|it| it.0.as_str()).collect::<Vec<_>>().join("+");
        if (fields.as_str(), left_out.as_str()) != (expected, expected_left_out) {
            wrong.push(format!(
                "{header}\n  expected {expected} [{expected_left_out}]\n  guessed  {fields} [{left_out}]"
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), FOUND.len(), wrong.join("\n"));
}
