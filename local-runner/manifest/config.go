package manifest

import (
	"encoding/base64"
	"maps"
)

// data is what a ConfigMap or a Secret holds.
type data map[string]string

func decodeConfigMap(o *object, honoured map[string]func(value)) rest {
	held := data{}
	o.spec = held
	honoured["data"] = func(v value) { maps.Copy(held, v.texts()) }
	return rest{pointless: []string{"immutable"}, refused: []string{"binaryData"}}
}

// decodeSecret reads a Secret: data is base64, and stringData, plain, wins.
func decodeSecret(o *object, honoured map[string]func(value)) rest {
	held, plain := data{}, data{}
	o.spec = held
	honoured["data"] = func(v value) {
		for _, entry := range v.entries() {
			text := entry.text()
			decoded, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				entry.fail("is not base64; plain text belongs to stringData")
			}
			if _, ok := plain[entry.key]; !ok {
				held[entry.key] = string(decoded)
			}
		}
	}
	honoured["stringData"] = func(v value) {
		for key, text := range v.texts() {
			plain[key], held[key] = text, text
		}
	}
	return rest{pointless: []string{"immutable", "type"}}
}

func decodeNamespace(*object, map[string]func(value)) rest {
	return rest{refused: []string{"spec"}}
}

func decodeServiceAccount(*object, map[string]func(value)) rest {
	return rest{pointless: []string{"automountServiceAccountToken", "imagePullSecrets", "secrets"}}
}
