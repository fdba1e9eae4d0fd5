//! Countries of the consumers, with unassigned telephone numbers and rates.
//!
//! Consumers' numbers come from the ranges that regulators reserve for fiction: 555-01xx in North
//! America, and the drama numbers of Ofcom, ACMA, the Bundesnetzagentur and ARCEP. These are too
//! few for the large countries, so numbers of the N9X area codes are added, which North America has
//! never assigned.

use crate::money::Micros;
use crate::vocabulary::NumberType;

/// Telephone numbers with a common prefix, followed by `digits` digits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    pub(crate) prefix: &'static str,
    pub(crate) digits: u32,
}

#[derive(Debug)]
pub(crate) struct Country {
    pub(crate) iso_code: &'static str,
    pub(crate) name: &'static str,
    /// Share of the consumers, in parts of a thousand.
    pub(crate) share: u32,
    /// Area codes of the North American plan, each with 100 numbers reserved for fiction.
    pub(crate) areas: &'static [&'static str],
    /// Other ranges.
    pub(crate) ranges: &'static [Range],
    /// Numbers of the centre: a prefix, to which two digits are added, and the inbound rate.
    pub(crate) toll_free: Option<(&'static str, Micros)>,
    pub(crate) virtual_service: Option<(&'static str, Micros)>,
    pub(crate) byoc: Option<&'static str>,
    /// Rate of outbound calls to this country.
    pub(crate) outbound: Micros,
}

impl Country {
    /// Returns the prefix and the rate of the centre's numbers of a kind.
    pub(crate) fn line(&self, kind: NumberType) -> Option<(&'static str, Option<Micros>)> {
        match kind {
            NumberType::TollFree => self.toll_free.map(|(prefix, rate)| (prefix, Some(rate))),
            NumberType::VirtualService => self.virtual_service.map(|(prefix, rate)| (prefix, Some(rate))),
            NumberType::Byoc => self.byoc.map(|prefix| (prefix, None)),
        }
    }
}

const fn range(prefix: &'static str, digits: u32) -> Range {
    Range { prefix, digits }
}

/// The countries. The first is the home country: calls of unknown origin arrive on its numbers.
pub(crate) const COUNTRIES: [Country; 7] = [
    Country {
        iso_code: "US",
        name: "United States",
        share: 690,
        areas: &[
            "201", "202", "203", "205", "207", "208", "209", "210", "212", "213", "214", "215", "216", "217",
            "218", "219", "224", "225", "228", "229", "231", "234", "239", "240", "248", "251", "252", "253",
            "254", "256", "260", "262", "267", "269", "270", "276", "281", "301", "302", "303", "304", "305",
            "307", "308", "309", "310", "312", "313", "314", "315", "316", "317", "318", "319", "320", "321",
            "323", "325", "330", "334", "336", "337", "347", "351", "352", "360", "361", "385", "386", "401",
            "402", "404", "405", "406", "407", "408", "409", "410", "412", "413", "414", "415", "417", "419",
            "423", "432", "434", "435", "440", "443", "469", "478", "479", "480", "484", "501", "502", "503",
            "504", "505", "507", "508", "509", "510", "512", "513", "515", "516", "517", "518", "520", "530",
            "540", "541", "551", "559", "561", "562", "563", "567", "570", "571", "573", "574", "575", "580",
            "585", "586", "601", "602", "603", "605", "606", "607", "608", "609", "610", "612", "614", "615",
            "616", "617", "618", "619", "620", "623", "626", "630", "631", "636", "641", "646", "650", "651",
            "660", "661", "662", "678", "682", "701", "702", "703", "704", "706", "707", "708", "712", "713",
            "714", "715", "716", "717", "718", "719", "720", "724", "727", "731", "732", "734", "740", "754",
            "757", "760", "763", "765", "770", "772", "773", "774", "775", "781", "785", "786", "801", "802",
            "803", "804", "805", "806", "808", "810", "812", "813", "814", "815", "816", "817", "818", "828",
            "830", "831", "832", "843", "845", "847", "850", "856", "857", "858", "859", "860", "863", "864",
            "865", "870", "901", "903", "904", "906", "907", "908", "909", "910", "912", "913", "914", "915",
            "916", "917", "918", "919", "920", "925", "928", "931", "936", "937", "940", "941", "947", "949",
            "951", "952", "954", "956", "970", "971", "972", "973", "978", "979", "980", "985",
        ],
        ranges: &[
            range("+1290555", 4),
            range("+1291555", 4),
            range("+1292555", 4),
            range("+1293555", 4),
            range("+1294555", 4),
            range("+1295555", 4),
            range("+1296555", 4),
            range("+1297555", 4),
            range("+1390555", 4),
            range("+1391555", 4),
            range("+1392555", 4),
            range("+1393555", 4),
            range("+1394555", 4),
            range("+1395555", 4),
            range("+1396555", 4),
            range("+1397555", 4),
            range("+1490555", 4),
            range("+1491555", 4),
            range("+1492555", 4),
            range("+1493555", 4),
        ],
        toll_free: Some(("+188855501", Micros(21_900))),
        virtual_service: Some(("+120655501", Micros(6_500))),
        byoc: Some("+142555501"),
        outbound: Micros(13_800),
    },
    Country {
        iso_code: "CA",
        name: "Canada",
        share: 90,
        areas: &[
            "403", "416", "418", "438", "450", "506", "514", "519", "587", "613", "647", "705", "709", "778",
            "780", "807", "819", "867", "902", "905",
        ],
        ranges: &[range("+1690555", 4), range("+1691555", 4), range("+1692555", 4)],
        toll_free: Some(("+187755501", Micros(19_000))),
        virtual_service: Some(("+160455501", Micros(7_000))),
        byoc: None,
        outbound: Micros(15_000),
    },
    Country {
        iso_code: "GB",
        name: "United Kingdom",
        share: 100,
        areas: &[],
        ranges: &[
            range("+441134960", 3),
            range("+441144960", 3),
            range("+441154960", 3),
            range("+441164960", 3),
            range("+441174960", 3),
            range("+441214960", 3),
            range("+441314960", 3),
            range("+441414960", 3),
            range("+441514960", 3),
            range("+441614960", 3),
            range("+442079460", 3),
            range("+441914980", 3),
            range("+442896496", 3),
            range("+442920180", 3),
            range("+447700900", 3),
        ],
        toll_free: Some(("+4480815700", Micros(57_500))),
        virtual_service: Some(("+4430699900", Micros(9_000))),
        byoc: Some("+4411849600"),
        outbound: Micros(16_000),
    },
    Country {
        iso_code: "AU",
        name: "Australia",
        share: 60,
        areas: &[],
        ranges: &[
            range("+6127010", 4),
            range("+6135550", 4),
            range("+6137010", 4),
            range("+6175550", 4),
            range("+6177010", 4),
            range("+6185550", 4),
            range("+6187010", 4),
        ],
        toll_free: None,
        virtual_service: Some(("+612555000", Micros(12_500))),
        byoc: Some("+612555010"),
        outbound: Micros(24_000),
    },
    Country {
        iso_code: "DE",
        name: "Germany",
        share: 25,
        areas: &[],
        ranges: &[
            range("+493023125", 3),
            range("+494066969", 3),
            range("+496990009", 3),
            range("+492214710", 3),
        ],
        toll_free: None,
        virtual_service: Some(("+4989999980", Micros(9_800))),
        byoc: Some("+4989999981"),
        outbound: Micros(17_500),
    },
    Country {
        iso_code: "FR",
        name: "France",
        share: 35,
        areas: &[],
        ranges: &[
            range("+3326191", 4),
            range("+3335301", 4),
            range("+3346571", 4),
            range("+3353649", 4),
            range("+3363998", 4),
        ],
        toll_free: None,
        virtual_service: Some(("+331990000", Micros(10_000))),
        byoc: Some("+331990001"),
        outbound: Micros(18_300),
    },
    // No calls come from Antarctica, but the centre calls it, for hours at a high rate. These
    // calls have charges above $1,000.
    Country {
        iso_code: "AQ",
        name: "Antarctica",
        share: 0,
        areas: &[],
        ranges: &[range("+67219", 4)],
        toll_free: None,
        virtual_service: None,
        byoc: None,
        outbound: Micros(7_250_000),
    },
];

pub(crate) const HOME: usize = 0;
pub(crate) const REMOTE: usize = COUNTRIES.len() - 1;
