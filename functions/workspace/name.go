package main

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"

	"perigee/shared/fault"
)

var (
	prefixForm = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,18}[a-z0-9])?$`)
	between    = regexp.MustCompile(`[^a-z0-9]+`)
)

// maxSlug is how much of a preferred name is taken.
const maxSlug = 32

// latin writes the letters of European languages as ASCII.
var latin = strings.NewReplacer(
	"ä", "a", "à", "a", "á", "a", "â", "a", "ã", "a", "å", "a", "ā", "a", "ă", "a", "ą", "a", "æ", "ae", "ç", "c", "ć", "c", "č", "c", "ď", "d", "đ", "d", "ð", "d",
	"è", "e", "é", "e", "ê", "e", "ë", "e", "ē", "e", "ė", "e", "ę", "e", "ě", "e", "ğ", "g", "ģ", "g", "ì", "i", "í", "i", "î", "i", "ï", "i", "ī", "i", "į", "i", "ı", "i",
	"ķ", "k", "ļ", "l", "ł", "l", "ñ", "n", "ń", "n", "ņ", "n", "ň", "n", "ò", "o", "ó", "o", "ô", "o", "õ", "o", "ö", "o", "ø", "o", "ő", "o", "œ", "oe",
	"ř", "r", "ś", "s", "ş", "s", "š", "s", "ș", "s", "ß", "ss", "ť", "t", "ț", "t", "þ", "th", "ù", "u", "ú", "u", "û", "u", "ü", "u", "ū", "u", "ů", "u", "ű", "u", "ų", "u",
	"ý", "y", "ÿ", "y", "ź", "z", "ż", "z", "ž", "z",
)

// nameOf is what a workspace of a preferred name is called: the prefix and a slug, or a UUID when nothing is left of it.
func (k *keeper) nameOf(preferred string) string {
	slug := strings.Trim(between.ReplaceAllString(latin.Replace(strings.ToLower(preferred)), "-"), "-")
	slug = strings.TrimRight(slug[:min(len(slug), maxSlug)], "-")
	if slug == "" {
		slug = newUUID()
	}
	return k.prefix + "-" + slug
}

// newUUID is a random UUID (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// free is nil for a name that may be a workspace's: not for that of a bucket of the system.
func (k *keeper) free(name string) error {
	if k.buckets.MayRead(name, name) != nil {
		return fault.At(fault.Conflict, "preferred_name", "%q is the name of a bucket of the system", name)
	}
	return nil
}
