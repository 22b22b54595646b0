package stac

// SpliceLinks replaces the links of a document, or adds them, and leaves every other byte as it was.
func SpliceLinks(raw []byte, links []Link) ([]byte, error) {
	return splice(raw, func(e *Editor) error { return e.SetLinks(links) })
}

// SpliceMember sets a top-level member of a document to value, which is JSON, and leaves every other byte as it was.
func SpliceMember(raw []byte, name string, value []byte) ([]byte, error) {
	return splice(raw, func(e *Editor) error { e.Set(name, value); return nil })
}

// SpliceAssets asks for each asset's new reference and rewrites the asset where it differs; every other byte stays.
func SpliceAssets(raw []byte, edit func(key, href string) AssetEdit) ([]byte, error) {
	return splice(raw, func(e *Editor) error { return e.EditAssets(edit) })
}

func splice(raw []byte, edit func(*Editor) error) ([]byte, error) {
	e, err := NewEditor(raw)
	if err != nil {
		return nil, err
	}
	if err := edit(e); err != nil {
		return nil, err
	}
	return e.Bytes(), nil
}
