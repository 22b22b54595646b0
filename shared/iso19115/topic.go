package iso19115

// IsTopic tells whether a word is one of the categories of MD_TopicCategoryCode, of which the schemas take no others.
func IsTopic(word string) bool { return topics[word] }

var topics = map[string]bool{
	"farming": true, "biota": true, "boundaries": true, "climatologyMeteorologyAtmosphere": true, "economy": true, "elevation": true, "environment": true,
	"geoscientificInformation": true, "health": true, "imageryBaseMapsEarthCover": true, "intelligenceMilitary": true, "inlandWaters": true, "location": true,
	"oceans": true, "planningCadastre": true, "society": true, "structure": true, "transportation": true, "utilitiesCommunication": true,
}
