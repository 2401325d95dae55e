package simulator

// The lists below are never changed. Handles have at most seven characters,
// so that a username stays within fifteen.

var handles = []string{"Ana", "Bruno", "Chen", "Dara", "Elif", "Farah", "Goran", "Hana", "Ivo", "Jun",
	"Kofi", "Luna", "Mateo", "Nadia", "Omar", "Priya", "Quinn", "Rosa", "Sami", "Tariq", "Uma", "Vera", "Wren", "Yuki", "Zoe"}

var givenNames = []string{"Ana", "Bruno", "Chen", "Dara", "Elif", "Farah", "José", "Zoë", "Łukasz", "Мария",
	"さくら", "محمد", "נועה", "Priya", "Quinn", "Rosa", "Sami", "Uma", "Vera", "Seán"}

var familyNames = []string{"Silva", "García", "Müller", "Okafor", "Tanaka", "Singh", "O'Neil", "Петрова",
	"الهاشمي", "Cohen", "Ng", "Smith & Sons", "Dubois", "Kowalski", "🚀", "Iyer", "Ødegård"}

// keywords occur in English titles; searches use them.
var keywords = []string{"bitcoin", "football", "climate", "jazz", "startups", "poetry", "gaming", "elections",
	"anime", "chess", "cooking", "space", "medicine", "privacy", "robots", "cinema", "cricket", "history",
	"design", "energy", "education", "travel", "fashion", "photography"}

var titleFrames = []string{"%s and %s", "Let's talk %s", "Ask me anything about %s", "The future of %s", "%s news today",
	"%s meets %s", "Late night %s", "%s for beginners", "Why %s matters", "#%s open mic", "%s \"unplugged\" \\ live", "%s & %s: Q&A"}

var titleEmoji = []string{"🥁", "🚀", "👩‍💻", "🎙️", "🇧🇷", "🔥", "❤️"}

// languages other than English; iw is the legacy code of Hebrew.
var languages = []string{"es", "pt", "ja", "ar", "iw"}

var foreignWords = map[string][]string{
	"es": {"fútbol", "música", "mañana", "noticias", "política", "economía", "cine", "niños"},
	"pt": {"futebol", "notícias", "coração", "música", "eleições", "tecnologia", "manhã"},
	"ja": {"音楽", "ゲーム", "ニュース", "雑談", "アニメ", "政治", "朝活"},
	"ar": {"كرة القدم", "الاقتصاد", "أخبار", "موسيقى", "حوار مفتوح", "تقنية"},
	"iw": {"חדשות", "מוזיקה", "כדורגל", "שיחה פתוחה", "טכנולוגיה"},
}

var sentenceWords = []string{"we", "heard", "a", "story", "about", "rivers", "and", "engines", "last", "night",
	"nobody", "expected", "such", "quiet", "answers", "from", "the", "host", "but", "listeners", "kept", "asking",
	"why", "numbers", "never", "sleep", "tomorrow", "brings", "more", "voices", "música", "naïve", "日本"}

var topicNames = []string{"Technology", "Sports", "Music", "Gaming", "Politics", "Business & finance", "Crypto",
	"Movies & TV", "Food", "Travel", "Health", "Science", "Art", "Books", "Fashion", "Comedy", "Religion", "History",
	"Education", "Environment", "Cars", "Photography", "Parenting", "Careers", "Startups", "AI", "Cybersecurity",
	"Football", "Basketball", "Cricket", "Tennis", "Anime", "K-pop", "Jazz", "Hip-hop", "Poetry", "Philosophy",
	"Psychology", "Space exploration", "Gardening", "Pets", "Chess", "Podcasts", "News", "Law", "Real estate",
	"Design", "Fitness", "Mindfulness", "Weather"}

var cities = []string{"Lisboa", "São Paulo", "Nairobi", "東京", "Kraków", "Austin, TX", "القاهرة", "Reykjavík", "Earth 🌍"}

var sites = []string{"example.com", "example.org", "news.example.net", "blog.example.io"}

var cashtags = []string{"BTC", "ETH", "TSLA", "AAPL", "GOLD"}

var annotationTypes = []string{"Person", "Place", "Product", "Organization", "Other"}

var annotationDomains = []string{"Person", "Brand", "Sport", "Unified Twitter Taxonomy", "Interests and Hobbies", "TV Shows"}

// area is a template of a place.
type area struct {
	name, country, code, kind string
	west, south, east, north  float64
	parent                    int // index of the containing area, or -1
	bare                      bool
}

var places = []area{
	{"United States", "United States", "US", "country", -179.23, 18.92, 179.86, 71.43, -1, false},
	{"Brasil", "Brasil", "BR", "country", -74.04, -33.87, -28.65, 5.39, -1, false},
	{"日本", "日本", "JP", "country", 122.93, 20.43, 153.98, 45.52, -1, false},
	{"Texas, USA", "United States", "US", "admin", -106.65, 25.84, -93.51, 36.5, 0, false},
	{"São Paulo, Brasil", "Brasil", "BR", "admin", -53.11, -25.36, -44.16, -19.78, 1, true},
	{"Austin, TX", "United States", "US", "city", -97.93, 30.13, -97.58, 30.52, 3, false},
	{"Shibuya", "日本", "JP", "city", 139.66, 35.64, 139.72, 35.69, 2, false},
	{"Pinheiros", "Brasil", "BR", "neighborhood", -46.71, -23.58, -46.67, -23.55, 4, false},
	{"Zilker Park", "United States", "US", "poi", -97.77, 30.26, -97.77, 30.26, 5, false},
	{"Somewhere", "Sverige", "SE", "unknown", 11.11, 55.34, 24.17, 69.06, -1, true},
	{"Downtown", "United States", "US", "neighborhood", -97.75, 30.26, -97.73, 30.28, 5, false},
	{"渋谷駅", "日本", "JP", "poi", 139.7, 35.66, 139.7, 35.66, 6, false},
}
