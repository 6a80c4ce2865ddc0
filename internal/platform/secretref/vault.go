package secretref

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// maxVaultName is how long a name in Azure Key Vault may be, which has letters, digits and
// dashes.
const maxVaultName = 127

// VaultName returns the name of a secret, or of a key of it (NAME#KEY), in Azure Key Vault.
// A name of letters, digits and single dashes is the same there; every other character,
// and a dash beside one, is written as two dashes and its code in two hexadecimal digits. So no two
// have the same. Key Vault does not tell upper from lower case: that is for the caller.
func VaultName(r Reference) (string, error) {
	if r.Version != 0 {
		return "", fmt.Errorf("%s: a key vault has versions of its own, so that none of Terrace's can be named there", r)
	}
	var b strings.Builder
	for inside, i := r.Inside(), 0; i < len(inside); i++ {
		c := inside[i]
		if isAlnum(c) || c == '-' && i > 0 && i+1 < len(inside) && isAlnum(inside[i-1]) && isAlnum(inside[i+1]) {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "--%02x", c)
	}
	if b.Len() > maxVaultName {
		return "", fmt.Errorf("%s has %d characters in a key vault, which takes %d", r, b.Len(), maxVaultName)
	}
	return b.String(), nil
}

// FromVaultName returns what VaultName has made the name of. A name that it does not make
// is an error.
func FromVaultName(name string) (Reference, error) {
	var b strings.Builder
	for rest := name; rest != ""; {
		before, after, ok := strings.Cut(rest, "--")
		b.WriteString(before)
		if !ok {
			break
		}
		if len(after) < 2 {
			return Reference{}, fmt.Errorf("%q is no name that Terrace gives a secret in a key vault", name)
		}
		code, err := hex.DecodeString(after[:2])
		if err != nil {
			return Reference{}, fmt.Errorf("%q is no name that Terrace gives a secret in a key vault", name)
		}
		b.Write(code)
		rest = after[2:]
	}
	r, err := Parse(b.String())
	if err != nil {
		return Reference{}, fmt.Errorf("%q is no name that Terrace gives a secret in a key vault: %w", name, err)
	}
	if again, err := VaultName(r); err != nil || again != name {
		return Reference{}, fmt.Errorf("%q is no name that Terrace gives a secret in a key vault", name)
	}
	return r, nil
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
