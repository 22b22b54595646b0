package catalogue_test

import (
	"fmt"
	"reflect"
	"testing"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/record"
)

// The elevations of a layer are those that its items tell as numbers: one by one, or, where there are many, as far as they
// reach.
func TestElevations(t *testing.T) {
	s := cataloguetest.Open(t)
	if found, err := s.Elevations(t.Context(), writer("")); err != nil || found != nil {
		t.Errorf("an empty catalogue: %v, %v", found, err)
	}
	at := func(id string, elevation any, layers ...string) record.Change {
		c := drawn(item("S2", id, noon), layers...)
		if elevation != nil {
			c.Record.Properties["elevation"] = elevation
		}
		return c
	}
	changes := []record.Change{at("a", 10.0, "few"), at("b", 300.5, "few"), at("c", 10.0, "few", "both"), at("d", "high", "few"), at("e", nil, "none")}
	for i := range 60 {
		changes = append(changes, at(fmt.Sprint("m", i), float64(i), "many"))
	}
	applied(t, s, writer(""), changes...)
	found, err := s.Elevations(t.Context(), writer(""))
	want := []catalogue.Elevations{{Layer: "both", Low: 10, High: 10, Values: []float64{10}}, {Layer: "few", Low: 10, High: 300.5, Values: []float64{10, 300.5}}, {Layer: "many", Low: 0, High: 59}}
	if err != nil || !reflect.DeepEqual(found, want) {
		t.Errorf("%+v, %v", found, err)
	}
}
