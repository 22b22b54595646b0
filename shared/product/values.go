package product

// values is the whole of EOEPCA's `global` map: what this package gives out, and the keys that belong to other parts of
// a deployment, which are known so that a mistyped key can be told from one of theirs.
type values struct {
	Config         `yaml:",inline"`
	Env            map[string]any `yaml:"env"`
	StartupScripts []string       `yaml:"startup_scripts"`
	Ingress        ingress        `yaml:"ingress"`
	Storage        storage        `yaml:"storage"`
}

type ingress struct {
	Enabled     *bool          `yaml:"enabled"`
	Annotations map[string]any `yaml:"annotations"`
	Hosts       []struct {
		Host string `yaml:"host"`
	} `yaml:"hosts"`
	TLS []struct {
		Hosts      []string `yaml:"hosts"`
		SecretName string   `yaml:"secretName"`
	} `yaml:"tls"`
	Prefix struct {
		Enabled *bool  `yaml:"enabled"`
		Value   string `yaml:"value"`
	} `yaml:"prefix"`
}

type storage struct {
	Data  map[string]objectStore `yaml:"data"`
	Cache objectStore            `yaml:"cache"`
}

type objectStore struct {
	Type               string `yaml:"type"`
	EndpointURL        string `yaml:"endpoint_url"`
	Host               string `yaml:"host"`
	AccessKeyID        string `yaml:"access_key_id"`
	SecretAccessKey    string `yaml:"secret_access_key"`
	RegionName         string `yaml:"region_name"`
	Region             string `yaml:"region"`
	Bucket             string `yaml:"bucket"`
	ValidateBucketName *bool  `yaml:"validate_bucket_name"`
	Public             *bool  `yaml:"public"`
	StripBucket        *bool  `yaml:"strip_bucket"`
	RootDirectory      string `yaml:"root_directory"` // of type local
}

// Metadata is what a deployment says of itself in the capabilities of its services and in the client.
type Metadata struct {
	Title                        string `yaml:"title"`
	Abstract                     string `yaml:"abstract"`
	Header                       string `yaml:"header"` // HTML
	URL                          string `yaml:"url"`
	Keyword                      string `yaml:"keyword"`
	AccessConstraints            string `yaml:"accessConstraints"`
	Fees                         string `yaml:"fees"`
	ContactName                  string `yaml:"contactName"`
	ContactPhone                 string `yaml:"contactPhone"`
	ContactFacsimile             string `yaml:"contactFacsimile"`
	ContactOrganization          string `yaml:"contactOrganization"`
	ContactCity                  string `yaml:"contactCity"`
	ContactStateOrProvince       string `yaml:"contactStateOrProvince"`
	ContactPostcode              string `yaml:"contactPostcode"`
	ContactCountry               string `yaml:"contactCountry"`
	ContactElectronicMailAddress string `yaml:"contactElectronicMailAddress"`
	ContactPosition              string `yaml:"contactPosition"`
	ProviderName                 string `yaml:"providerName"`
	ProviderURL                  string `yaml:"providerUrl"`
	InspireProfile               bool   `yaml:"inspireProfile"`
	InspireMetadataURL           string `yaml:"inspireMetadataUrl"`
	DefaultLanguage              string `yaml:"defaultLanguage"`
	Language                     string `yaml:"language"`
}
