//! Names for slots whose names say nothing in Latin letters: scripts without vowels, and signs for words.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::table::normal;

/// Everyday names of fields in Arabic, Persian, Urdu, Hebrew, Hindi, Chinese, Japanese, Korean and Thai, by what they mean.
const WORDS: [(&str, &str); 16] = [
    ("name", "اسم|نام|שם|नाम|姓名|名字|名称|名前|氏名|お名前|이름|성함|ชื่อ"),
    ("customer", "عميل|زبون|مشتری|گاہک|לקוח|ग्राहक|客户|客戶|顾客|お客様|顧客|고객|고객명|ลูกค้า"),
    ("date", "تاريخ|تاریخ|תאריך|दिनांक|तारीख|तिथि|日期|日付|날짜|วันที่"),
    ("day", "يوم|روز|دن|יום|दिन|요일|วัน"),
    ("time", "وقت|ساعة|ساعت|שעה|समय|时间|時間|시간|เวลา"),
    ("amount", "مبلغ|قيمة|סכום|राशि|रकम|金额|金額|금액|จำนวนเงิน|ยอด"),
    ("price", "سعر|قیمت|מחיר|कीमत|मूल्य|价格|価格|가격|ราคา"),
    ("code", "رمز|كود|کد|کوڈ|קוד|कोड|验证码|驗證碼|代码|コード|코드|인증번호|รหัส"),
    ("number", "رقم|شماره|نمبر|מספר|नंबर|संख्या|क्रमांक|号码|番号|번호|หมายเลข"),
    ("order", "طلب|طلبية|سفارش|آرڈر|הזמנה|ऑर्डर|आदेश|订单|訂單|订单号|注文|주문|คำสั่งซื้อ"),
    ("phone", "هاتف|جوال|تلفن|موبایل|فون|טלפון|फोन|मोबाइल|电话|電話|手机|전화|โทรศัพท์"),
    ("address", "عنوان|آدرس|پتہ|כתובת|पता|地址|住所|주소|ที่อยู่"),
    ("city", "مدينة|شهر|شہر|עיר|शहर|城市|都市|도시|เมือง"),
    ("link", "رابط|لینک|لنک|קישור|लिंक|链接|連結|リンク|링크|ลิงก์"),
    ("product", "منتج|محصول|מוצר|उत्पाद|产品|商品|상품|สินค้า"),
    ("shop", "متجر|محل|فروشگاه|دکان|חנות|दुकान|商店|店铺|店名|매장|ร้าน"),
];

static MEANINGS: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let words = WORDS.iter().rev().flat_map(|(meaning, words)| words.split('|').map(|it| (normal(it), *meaning)));
    words.collect()
});

/// The English words for a name, if all its words are known.
pub(super) fn name_in_latin(name: &str) -> Option<String> {
    if name.is_ascii() {
        return None;
    }
    let name = normal(name);
    let words =
        name.split(' ').map(|word| match MEANINGS.get(word).or_else(|| MEANINGS.get(word.strip_prefix("ال")?)) {
            Some(meaning) => Some(*meaning),
            None => word.bytes().all(|it| it.is_ascii_digit()).then_some(word),
        });
    let words: Vec<&str> = words.collect::<Option<_>>()?;
    Some(words.join("_"))
}
