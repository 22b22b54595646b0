package function

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kelseyhightower/envconfig"
)

// Inner is embedded below.
type Inner struct {
	Issuer string `envconfig:"OIDC_ISSUER" desc:"whose tokens are trusted"`
}

type everything struct {
	Inner
	URL     string        `envconfig:"DATABASE_URL" required:"true" desc:"of the database"`
	Few     int32         `envconfig:"CONNECTIONS" default:"4" desc:"at most"`
	Many    int64         `envconfig:"MANY"`
	Replace bool          `envconfig:"REPLACE" default:"true" required:"false" desc:"or keep"`
	Names   []string      `envconfig:"NAMES" desc:"between commas"`
	Wait    time.Duration `envconfig:"WAIT" default:"20s" desc:"how long"`
	Untold  string
}

func TestUsageIsATable(t *testing.T) {
	var out bytes.Buffer
	if err := usage(&out, "register", reflect.TypeFor[everything]()); err != nil {
		t.Fatal(err)
	}
	want := `register is a function: it serves HTTP on $PORT (default 8080) until SIGTERM.
It takes no arguments; its settings are:

  OIDC_ISSUER   String                                                  whose tokens are trusted
  DATABASE_URL  String                                        required  of the database
  CONNECTIONS   Integer                         default 4               at most
  MANY          Integer
  REPLACE       True or False                   default true            or keep
  NAMES         Comma-separated list of String                          between commas
  WAIT          Duration                        default 20s             how long
  UNTOLD        String
  LOG_LEVEL     String                          default info            debug, info, warn or error
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What is printed is what envconfig itself would say, and so what it reads.
func TestUsageAgreesWithEnvconfig(t *testing.T) {
	const line = `{{range .}}{{usage_key .}}|{{usage_type .}}|{{with usage_default .}}default {{.}}{{end}}|` +
		`{{if eq (usage_required .) "true"}}required{{end}}|{{usage_description .}}` + "\n{{end}}"
	var want bytes.Buffer
	if err := envconfig.Usagef("", &everything{}, &want, line); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, s := range settings(reflect.TypeFor[everything]()) {
		got.WriteString(strings.Join(s[:], "|") + "\n")
	}
	if got.String() != want.String() {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want.String())
	}
}
