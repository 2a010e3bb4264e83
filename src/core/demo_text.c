/* The demo shop is a pottery by the sea; its page is templates/demo/shop.html. */
#include "core/demo_text.h"

const struct demo_member demo_members[] = {
	{ 'm', "Mia Solberg", "mia@tideware.example", "owner", "admin", true },
	{ 'a', "Aya Okafor", "aya@tideware.example", "member", "agent", true },
	{ 'j', "Jonas Brandt", "jonas@tideware.example", "member", "supervisor", true },
	{ 't', "Theo Marchetti", "theo@tideware.example", "member", "agent", false },
	{ 0 },
};

#define SHOP "https://tideware.example"
#define MAC "{\"country\":\"Germany\",\"city\":\"Hamburg\",\"browser\":\"Safari\",\"os\":\"macOS\"}"

/* clang-format off */
const struct demo_conversation demo_conversations[] = {
	{ "Clara Hoffmann", "clara.hoffmann@example.com", "en-GB", SHOP "/orders/10482", SHOP "/account",
	  "{\"country\":\"Germany\",\"city\":\"Hamburg\",\"orders\":3,\"plan\":\"returning customer\"}",
	  "open", "high", "Chipped Harbour mug", "[\"damaged\",\"order 10482\"]", 'a', 4, false, {
		{ 'v', 0, "Hi! My parcel came today and one of the four Harbour mugs has a chip on the rim :(" },
		{ 'a', 2, "Oh no, I'm sorry, Clara. That one should never have left our table. Could you tell me whether the box was dented?" },
		{ 'v', 3, "The box looks fine actually. The paper around that one mug was a bit thin though." },
		{ 'A', 1, "Second thin wrap this week. Jonas, can we go back to the honeycomb paper for mugs?" },
		{ 'a', 2, "Thank you, that helps. I'm sending a new one today, no need to return the chipped one." },
		{ 'v', 4, "That's so kind! Could it be the darker oat glaze, like the other three?" },
	} },
	{ NULL, NULL, "en-US", SHOP "/shop/lantern-teapot", "https://www.google.com/",
	  "{\"country\":\"United States\",\"city\":\"Portland\",\"browser\":\"Chrome\"}",
	  "open", "normal", NULL, NULL, 0, 2, false, {
		{ 'v', 0, "Hello, is the Lantern teapot dishwasher safe?" },
		{ 'v', 1, "The cane handle worries me a little" },
	} },
	{ "ليلى حداد", "layla.haddad@example.com", "ar", SHOP "/shop/reed-vase", "https://www.instagram.com/",
	  "{\"country\":\"United Arab Emirates\",\"city\":\"Dubai\"}",
	  "open", "normal", "الشحن إلى دبي", "[\"shipping\",\"gift\"]", 'm', 9, false, {
		{ 'v', 0, "مرحبا، هل تشحنون إلى دبي؟ أعجبتني مزهرية القصب كثيرًا." },
		{ 'm', 6, "أهلًا ليلى! نعم، نشحن إلى الإمارات خلال ستة إلى ثمانية أيام عمل، وكلفة الشحن ١٩ يورو." },
		{ 'v', 5, "ممتاز. وهل يمكن تغليفها كهدية مع بطاقة صغيرة باسم «سارة»؟" },
		{ 'v', 1, "أحتاجها قبل الخامس عشر من الشهر إن أمكن 🎁" },
	} },
	{ "Oliver Bennett", "oliver@bennett-events.example", "en-GB", SHOP "/shop/horizon-plate", SHOP "/",
	  "{\"country\":\"United Kingdom\",\"city\":\"Bristol\",\"company\":\"Bennett Events\"}",
	  "open", "high", "24 plates for a wedding in June", "[\"custom glaze\",\"wedding\"]", 'j', 18, true, {
		{ 'v', 0, "We're planning a wedding on 12 June and would love 24 Horizon plates, ideally in a softer green. Is that something you do?" },
		{ 'j', 11, "Hello Oliver, gladly. From six pieces we mix the glaze for you; 24 plates are two firings, about five weeks in all." },
		{ 'J', 1, "Kiln 2 is free from the 3rd. Moss with 2 % less iron should give the green he means. Test tiles first!" },
		{ 'j', 3, "I'd send you three test tiles first so you can pick the green in daylight. Where may I post them?" },
		{ 'v', 22, "Perfect. 14 Wapping Road, Bristol BS1 4RW. And could the rims be unglazed like on the mugs?" },
	} },
	{ "Marta Kowalska", "marta.kowalska@example.com", "en", SHOP "/orders/10391", NULL,
	  "{\"country\":\"Poland\",\"city\":\"Gdańsk\",\"orders\":1}",
	  "open", "urgent", "Refund for order 10391", "[\"refund\"]", 'm', 31, false, {
		{ 'v', 0, "Good morning, I sent back the Low Tide bowl on the 2nd and still see no refund on my account." },
		{ 'm', 14, "Good morning Marta. The bowl reached us on the 6th and I see the refund of €32 was started, but the bank answered with an error. I'm on it." },
		{ 'M', 2, "Payment provider ticket 88213. If they don't answer by noon, do a manual transfer." },
		{ 'v', 190, "Any news? It's been three weeks now in total." },
		{ 'v', 2, "I like your things, but this is taking rather long." },
	} },
	{ "田中 由紀", "yuki.tanaka@example.com", "ja", SHOP "/shop/low-tide-bowl", "https://www.pinterest.com/",
	  "{\"country\":\"Japan\",\"city\":\"Kyoto\"}",
	  "open", "normal", NULL, "[\"glaze\"]", 0, 47, false, {
		{ 'v', 0, "こんにちは。Low Tide のボウルの釉薬は鉛を含んでいませんか?" },
		{ 'v', 2, "小さな子どもも使うので、念のため確認したいです。電子レンジは大丈夫でしょうか。" },
	} },
	{ "Ingrid Haugen", "ingrid@kaffebrygga.example", "nb-NO", SHOP "/shop", "https://www.linkedin.com/",
	  "{\"country\":\"Norway\",\"city\":\"Bergen\",\"company\":\"Kaffebrygga\"}",
	  "waiting", "normal", "Wholesale: 40 mugs for a café", "[\"wholesale\"]", 'm', 126, true, {
		{ 'v', 0, "Hi, we run a small coffee bar in Bergen and would like 40 Harbour mugs. Do you have wholesale prices?" },
		{ 'm', 21, "Hei Ingrid! We do: from 24 pieces it is €15.50 a mug, delivery to Bergen included. Forty would be ready in four weeks." },
		{ 'v', 12, "That works. Could our little anchor go on the foot as a stamp?" },
		{ 'm', 9, "It could, a stamp costs €60 once. Send me the drawing as a PDF or SVG and I'll show you how it would look in clay." },
		{ 'M', 1, "Ask Jonas for the stamp maker's address. Offer is valid until the end of the month." },
	} },
	{ "Sofia Rossi", "sofia.rossi@example.com", "it", SHOP "/orders/10477", NULL,
	  "{\"country\":\"Italy\",\"city\":\"Bologna\",\"orders\":2}",
	  "waiting", "normal", "Dov'è il mio pacco?", "[\"delivery\",\"order 10477\"]", 't', 205, true, {
		{ 'v', 0, "Buongiorno, il tracking del mio ordine 10477 è fermo a Monaco da tre giorni. È normale?" },
		{ 't', 17, "Buongiorno Sofia! Ho appena chiamato il corriere: il pacco riparte stasera, consegna prevista giovedì mattina." },
		{ 'v', 3, "Perfetto, giovedì sono a casa. Grazie mille!" },
		{ 't', 2, "A Lei! Se giovedì a mezzogiorno non fosse arrivato, mi scriva qui e ne spedisco subito un altro." },
	} },
	{ "Aisha Rahman", "aisha.r@example.com", "en-GB", SHOP "/checkout", SHOP "/shop/salt-jar",
	  "{\"country\":\"Ireland\",\"city\":\"Dublin\"}",
	  "open", "high", "Discount code", "[\"checkout\"]", 0, 12, false, {
		{ 'v', 0, "The code from your newsletter (AUTUMN10) says \"not valid for this cart\". I have a Salt jar and two mugs in there." },
	} },
	{ "Lucas Martin", "lucas.martin@example.com", "fr", SHOP "/orders/10479", NULL,
	  "{\"country\":\"France\",\"city\":\"Nantes\",\"orders\":1}",
	  "resolved", "normal", "Changement d'adresse", "[\"order 10479\",\"delivery\"]", 'a', 330, true, {
		{ 'v', 0, "Bonjour, j'ai déménagé : est-il encore possible de changer l'adresse de livraison de ma commande 10479 ?" },
		{ 'a', 5, "Bonjour Lucas ! Oui, le colis part cet après-midi. Quelle est la nouvelle adresse ?" },
		{ 'v', 4, "8 quai de la Fosse, 44000 Nantes. Merci !" },
		{ 'a', 3, "C'est noté et l'étiquette est refaite. Vous recevrez le nouveau numéro de suivi ce soir. Bonne installation !" },
		{ 'v', 6, "Service au top 👏" },
	} },
	{ "Priya Nair", "priya.nair@example.com", "en", SHOP "/studio", SHOP "/",
	  "{\"country\":\"Netherlands\",\"city\":\"Utrecht\"}",
	  "open", "low", "Workshop in spring", "[\"workshop\"]", 't', 415, true, {
		{ 'v', 0, "Do you still do throwing workshops at the studio? My sister turns 30 in April." },
		{ 't', 34, "We do, on the first Saturday of each month, four seats at the wheel. April 4th still has two seats left." },
		{ 'v', 61, "Two seats is exactly right. Can I pay with a gift card?" },
	} },
	{ "Hannah Weiß", "hannah.weiss@example.com", "de", SHOP "/shop/horizon-plate", "https://www.ecosia.org/", MAC,
	  "resolved", "normal", "Lieferzeit", "[\"delivery\"]", 'j', 1320, true, {
		{ 'v', 0, "Guten Abend, wie lange dauert die Lieferung nach Hamburg, wenn ich heute bestelle?" },
		{ 'j', 8, "Guten Abend Hannah! Wir packen morgen früh, dann sind die Teller in der Regel am dritten Werktag bei Ihnen." },
		{ 'v', 2, "Das reicht locker bis zum Wochenende. Danke für die schnelle Antwort!" },
		{ 'j', 1, "Sehr gern. Viel Freude mit dem Geschirr." },
	} },
	{ "Tom Reilly", "tom.reilly@example.com", "en-IE", SHOP "/shop/harbour-mug", NULL,
	  "{\"country\":\"Ireland\",\"city\":\"Galway\",\"orders\":5}",
	  "closed", "low", NULL, "[\"praise\"]", 'a', 1785, true, {
		{ 'v', 0, "No question, just wanted to say that the mug survived a fall onto the kitchen tiles. The tile didn't." },
		{ 'a', 7, "Ha! That made our morning, Tom. Shall I send the tile our condolences?" },
		{ 'v', 3, "Please do. Ordering two more." },
	} },
	{ "דניאל כהן", "daniel.cohen@example.com", "he", SHOP "/shop/salt-jar", "https://www.google.com/",
	  "{\"country\":\"Israel\",\"city\":\"Haifa\"}",
	  "closed", "normal", NULL, "[\"care\"]", 't', 2470, true, {
		{ 'v', 0, "שלום, איך מנקים את המכסה מעץ של צנצנת המלח?" },
		{ 't', 26, "שלום דניאל, במטלית לחה בלבד, ופעם בשנה מעט שמן פשתן. לא במדיח, בבקשה." },
		{ 'v', 4, "תודה רבה!" },
	} },
	{ 0 },
};
/* clang-format on */
