//! Error codes of the Cloud API with the HTTP status of their answers.
//!
//! Sources: Meta's error codes of Nov 2025 for the HTTP column, which the page of Sep 2026 dropped, and of Sep 2026 for the
//! codes. A code whose HTTP status is not documented has 400.

/// An error code, its HTTP status and its title.
pub(super) struct Code {
    pub(super) code: u32,
    pub(super) http: u16,
    pub(super) title: &'static str,
}

const fn code(code: u32, http: u16, title: &'static str) -> Code {
    Code { code, http, title }
}

/// What is known of a code; a code that no document has is a bad request.
pub(super) fn of(wanted: u32) -> Code {
    let found = CODES.iter().find(|it| it.code == wanted);
    let Some(Code { http, title, .. }) = found else { return code(wanted, 400, "Unknown error") };
    // All of the range are about permissions.
    code(wanted, *http, title)
}

const CODES: [Code; 73] = [
    code(0, 401, "AuthException"),
    code(1, 400, "API Unknown"),
    code(2, 503, "API Service"),
    code(3, 500, "API Method"),
    code(4, 400, "API Too Many Calls"),
    code(10, 403, "Permission Denied"),
    code(33, 400, "Parameter value is not valid"),
    code(100, 400, "Invalid parameter"),
    code(190, 401, "Access token has expired"),
    code(200, 403, "API Permission"),
    code(368, 403, "Temporarily blocked for policies violations"),
    code(613, 400, "Calls to this API have exceeded the rate limit"),
    code(1005, 400, "Access denied"),
    code(80007, 400, "Rate limit issues"),
    code(130403, 400, "User is blocked by the business"),
    code(130429, 400, "Rate limit hit"),
    code(130472, 400, "User's number is part of an experiment"),
    code(130497, 403, "Business account is restricted from messaging users in this country"),
    code(131000, 500, "Something went wrong"),
    code(131005, 403, "Access denied"),
    code(131008, 400, "Required parameter is missing"),
    code(131009, 400, "Parameter value is not valid"),
    code(131016, 500, "Service unavailable"),
    code(131021, 400, "Recipient cannot be sender"),
    code(131026, 400, "Message undeliverable"),
    code(131030, 400, "Recipient phone number not in allowed list"),
    code(131031, 403, "Account has been locked"),
    code(131037, 400, "Display name approval needed"),
    code(131042, 400, "Business eligibility payment issue"),
    code(131045, 500, "Incorrect certificate"),
    code(131047, 400, "Re-engagement message"),
    code(131048, 400, "Spam rate limit hit"),
    code(131049, 400, "Message not delivered to maintain healthy ecosystem engagement"),
    code(131050, 400, "User has stopped marketing messages"),
    code(131051, 400, "Unsupported message type"),
    code(131052, 400, "Media download error"),
    code(131053, 400, "Media upload error"),
    code(131055, 400, "Method not allowed"),
    code(131056, 400, "(Business account, consumer account) pair rate limit hit"),
    code(131057, 500, "Account in maintenance mode"),
    code(131059, 400, "Cursor is not valid"),
    code(131061, 400, "Max price is not supported here"),
    code(131062, 400, "Business-scoped user id is not supported for this message"),
    code(131063, 400, "Marketing messages are disabled on Cloud API"),
    code(131064, 400, "Limited because of misclassified templates"),
    code(132000, 400, "Number of parameters does not match the expected number of params"),
    code(132001, 404, "Template name does not exist in the translation"),
    code(132005, 400, "Translated text too long"),
    code(132007, 400, "Template content violates a policy"),
    code(132008, 400, "Parameter value is not valid"),
    code(132012, 400, "Parameter format does not match format in the created template"),
    code(132015, 400, "Template is paused"),
    code(132016, 400, "Template is disabled"),
    code(132018, 400, "Template parameters are not valid"),
    code(132068, 400, "Flow is blocked"),
    code(132069, 400, "Flow is throttled"),
    code(133004, 503, "Server is temporarily unavailable"),
    code(133010, 400, "Phone number not registered"),
    code(133015, 400, "Please wait a few minutes before trying to register this phone number"),
    code(133016, 400, "Rate limit of registration exceeded"),
    code(134011, 400, "Payment terms are not accepted"),
    code(134100, 400, "Only marketing messages supported"),
    code(134101, 400, "Template is syncing"),
    code(134102, 500, "Template is unavailable for this API"),
    code(135000, 400, "Generic user error"),
    code(136024, 400, "Code already requested"),
    code(137000, 400, "Identity key does not match"),
    code(139100, 400, "Block list: some failed"),
    code(139101, 400, "Block list: limit reached"),
    code(139102, 400, "Block list: concurrent change"),
    code(139103, 400, "Block list: internal error"),
    code(139200, 400, "Direct send is blocked"),
    code(2494100, 400, "The number is being changed"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_the_documented_status_and_unknown_codes_are_bad_requests() {
        let documented = [
            (190, 401),
            (3, 500),
            (10, 403),
            (131_005, 403),
            (2, 503),
            (4, 400),
            (368, 403),
            (130_429, 400),
            (131_000, 500),
            (131_016, 500),
            (131_056, 400),
            (132_001, 404),
            (133_004, 503),
            (134_102, 500),
            (999_999, 400),
        ];
        for (code, http) in documented {
            assert_eq!(of(code).http, http, "{code}");
        }
    }
}
