package broker

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
)

// HashPassword returns what verifies a password: salt$digest. The passwords of
// principals are long and random, so a fast digest is enough.
func HashPassword(password string) string {
	salt := rand.Text()
	return salt + "$" + digest(salt, password)
}

// VerifyPassword reports whether the hash is of the password.
func VerifyPassword(hash, password string) bool {
	salt, want, ok := strings.Cut(hash, "$")
	return ok && subtle.ConstantTimeCompare([]byte(digest(salt, password)), []byte(want)) == 1
}

func digest(salt, password string) string {
	sum := sha256.Sum256([]byte(salt + "$" + password))
	return hex.EncodeToString(sum[:])
}
