package xmldoc

import "bytes"

// AppendFragment appends the root element of a document that Parse accepts, as it stands in another document in UTF-8: byte
// for byte, without what stands before and behind it.
func AppendFragment(b, document []byte) []byte {
	switch {
	case bytes.HasPrefix(document, []byte("\xef\xbb\xbf")):
		document = document[3:]
	case bytes.HasPrefix(document, []byte("\xfe\xff")), bytes.HasPrefix(document, []byte("\xff\xfe")), isNarrow(document):
		text, err := inUTF8(document)
		if err != nil {
			return b
		}
		document = []byte(text)
	}
	return append(b, element(document)...)
}

// isNarrow tells whether a document declares ISO 8859-1.
func isNarrow(document []byte) bool {
	switch declared(document) {
	case "", "utf-8", "UTF-8":
		return false
	}
	return true
}

// element is the root element of a document.
func element(document []byte) []byte {
	for {
		document = bytes.TrimLeft(document, " \t\r\n")
		var end int
		switch {
		case bytes.HasPrefix(document, []byte("<?")):
			end = bytes.Index(document, []byte("?>"))
		case bytes.HasPrefix(document, []byte("<!--")):
			end = bytes.Index(document, []byte("-->"))
		default:
			return document[:lastTag(document)]
		}
		if end < 0 {
			return nil
		}
		document = document[end+bytes.IndexByte(document[end:], '>')+1:]
	}
}

// lastTag is where the last tag of a document ends. Behind it there are comments and processing instructions at most.
func lastTag(document []byte) int {
	for {
		end := bytes.LastIndexByte(document, '>') + 1
		switch {
		case bytes.HasSuffix(document[:end], []byte("-->")):
			end = bytes.LastIndex(document, []byte("<!--"))
		case bytes.HasSuffix(document[:end], []byte("?>")):
			end = bytes.LastIndex(document, []byte("<?"))
		default:
			return end
		}
		if end < 0 {
			return 0
		}
		document = document[:end]
	}
}
