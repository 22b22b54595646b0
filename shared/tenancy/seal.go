package tenancy

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"strings"

	"perigee/shared/fault"
)

// Seal keeps secrets unreadable where they are stored (AES-256-GCM, NIST SP 800-38D).
type Seal struct{ keys []cipher.AEAD }

// NewSeal reads keys of 32 bytes each in base64, between commas: the first seals, all of them open, so that keys can be
// changed.
func NewSeal(setting string) (*Seal, error) {
	s := &Seal{}
	for text := range strings.SplitSeq(setting, ",") {
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil || len(key) != 32 { // the text of the error might quote the key
			return nil, fault.At(fault.Invalid, "WORKSPACE_KEY", "WORKSPACE_KEY is not 32 bytes in base64, or several such keys between commas")
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fault.Classify(fault.Internal, err, "the key of secrets")
		}
		sealed, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fault.Classify(fault.Internal, err, "the key of secrets")
		}
		s.keys = append(s.keys, sealed)
	}
	return s, nil
}

// Close seals a secret that belongs to something: opened for anything else it is refused.
func (s *Seal) Close(secret, belongs string) []byte {
	return s.keys[0].Seal(nil, nil, []byte(secret), []byte(belongs))
}

// Open is the secret that was sealed.
func (s *Seal) Open(sealed []byte, belongs string) (string, error) {
	for _, key := range s.keys {
		if secret, err := key.Open(nil, nil, sealed, []byte(belongs)); err == nil {
			return string(secret), nil
		}
	}
	return "", fault.New(fault.Internal, "the secret of %s was sealed with another WORKSPACE_KEY", belongs)
}

// NewKey is a key as NewSeal reads it.
func NewKey() string {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return base64.StdEncoding.EncodeToString(key)
}
