package product

import "testing"

func TestFingerprintTellsConfigurationsApart(t *testing.T) {
	names := map[string]bool{}
	for _, text := range []string{"", "layers: []", "layers: [{id: A}]\ncollections: {A: {}}", "layers: [{id: A, title: B}]\ncollections: {A: {}}"} {
		products, err := Load("PRODUCTS", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		name, err := products.Fingerprint()
		if again, _ := products.Fingerprint(); err != nil || name != again || name == "" {
			t.Errorf("%q is named %q and %q: %v", text, name, again, err)
		}
		names[name] = true
	}
	if len(names) != 3 && len(names) != 4 {
		t.Errorf("the names do not tell configurations apart: %v", names)
	}
}
