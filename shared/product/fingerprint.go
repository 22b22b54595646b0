package product

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"perigee/shared/fault"
)

// Fingerprint is a name of the configuration that changes with what it says, by which pictures made after it are told
// from older ones.
func (c Config) Fingerprint() (string, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return "", fault.Classify(fault.Internal, err, "the product configuration cannot be named")
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6]), nil
}
