package main

import (
	"net/http/httptest"
	"testing"

	"perigee/shared/fault"
)

// RC-10: who may ask for changes is told by lists of addresses, patterns and blocks.
func TestClients(t *testing.T) {
	for _, c := range []struct {
		allowed   []string
		remote    string
		forwarded []string
		may       bool
	}{
		{[]string{"*"}, "203.0.113.9:1", nil, true},
		{nil, "127.0.0.1:1", nil, false},
		{[]string{"127.0.0.1"}, "127.0.0.1:1", nil, true},
		{[]string{"127.0.0.1"}, "127.0.0.2:1", nil, false},
		{[]string{"127.0.0.1", " 192.168.1.* "}, "127.0.0.1:1", []string{"192.168.1.77"}, true},
		{[]string{"127.0.0.1", "192.168.1.*"}, "127.0.0.1:1", []string{"192.168.2.77"}, false},
		{[]string{"192.168.1.*"}, "127.0.0.1:1", []string{"192.168.1.7, 203.0.113.9"}, false},
		{[]string{"192.168.1.*"}, "127.0.0.1:1", []string{"192.168.1.7", "192.168.1.9:80"}, true},
		{[]string{"10.0.0.0/8", "2001:db8::/32"}, "[2001:db8::1]:5", nil, true},
		{[]string{"10.0.0.0/8"}, "[::ffff:10.1.2.3]:5", nil, true},
		{[]string{"10.0.0.0/8"}, "1.1.1.1:5", []string{"unknown"}, false},
	} {
		allowed, err := parseClients(c.allowed)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("POST", "/csw", nil)
		r.RemoteAddr = c.remote
		r.Header["X-Forwarded-For"] = c.forwarded
		if err := allowed.may(r); (err == nil) != c.may || err != nil && fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%v from %s by %v: %v", c.allowed, c.remote, c.forwarded, err)
		}
	}
	for _, wrong := range []string{"localhost", "192.168.1.x", "1.2.3", "1.2.3.*.5", "10.0.0.0/99", "*.*.*.256"} {
		if _, err := parseClients([]string{wrong}); fault.LocatorOf(err) != "CSW_WRITERS" {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
