package identity

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// TokenPrefix starts every personal token, so that scanners find a leaked one.
const TokenPrefix = "terr_"

const tokenBytes = 32

func encoding() *base32.Encoding {
	return base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
}

// newSecret returns a token: the prefix, 32 random bytes and their checksum.
func newSecret() string {
	raw := make([]byte, tokenBytes)
	_, _ = rand.Read(raw) // never fails, see crypto/rand
	return TokenPrefix + encoding().EncodeToString(binary.BigEndian.AppendUint32(raw, crc32.ChecksumIEEE(raw)))
}

// newPassword returns one for somebody's first sign-in: 130 random bits, which a person can
// type.
func newPassword() string { return newSecret()[len(TokenPrefix):][:26] }

// wellFormed tells a mistyped or made-up token without asking the database.
func wellFormed(token string) bool {
	text, ok := strings.CutPrefix(token, TokenPrefix)
	if !ok {
		return false
	}
	b, err := encoding().DecodeString(text)
	return err == nil && len(b) == tokenBytes+4 &&
		binary.BigEndian.Uint32(b[tokenBytes:]) == crc32.ChecksumIEEE(b[:tokenBytes])
}
