package blob

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	maxKey    = 512
	temporary = ".tmp" // how names of unfinished files end
)

// checkKey refuses keys that are not portable between folders and clouds:
// segments of letters, digits and . _ - = joined by slashes.
func checkKey(key string) error {
	if key == "" || len(key) > maxKey {
		return badKey(key, "it must have 1 to 512 bytes")
	}
	for segment := range strings.SplitSeq(key, "/") {
		switch {
		case segment == "" || segment == "." || segment == "..":
			return badKey(key, "its segments must have names")
		case strings.HasSuffix(segment, temporary) || strings.HasSuffix(segment, ".attrs"):
			return badKey(key, "its ending is reserved")
		case strings.ContainsFunc(segment, notPortable):
			return badKey(key, "only letters, digits and . _ - = are portable")
		}
	}
	return nil
}

func notPortable(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	default:
		return !strings.ContainsRune("._-=", r)
	}
}

func badKey(key, why string) error {
	return kernel.Errorf(kernel.Invalid, "the blob key %q is not possible: %s", key, why)
}
