package resource

import (
	"net/url"
	"regexp"
	"strings"
)

// maxListed bounds the documents of a folder.
const maxListed = 1000

// reference is a link of a page.
var reference = regexp.MustCompile(`(?i)<a\s[^>]*?href\s*=\s*["']([^"'<>]+)["']`)

// listed are the addresses of the documents of XML that a page lists, of those that lie below it, each once.
func listed(page []byte, source string) []string {
	base, err := url.Parse(source)
	if err != nil {
		return nil
	}
	base.RawQuery, base.Fragment = "", ""
	folder := base.Path[:strings.LastIndexByte(base.Path, '/')+1]
	seen := map[string]bool{}
	var all []string
	for _, m := range reference.FindAllSubmatch(page, -1) {
		at, err := base.Parse(strings.ReplaceAll(string(m[1]), "&amp;", "&"))
		if err != nil || at.Host != base.Host || at.Scheme != base.Scheme {
			continue
		}
		at.Fragment = ""
		below := strings.HasPrefix(at.Path, folder) && strings.HasSuffix(strings.ToLower(at.Path), ".xml")
		if address := at.String(); below && !seen[address] && len(all) < maxListed {
			seen[address] = true
			all = append(all, address)
		}
	}
	return all
}
