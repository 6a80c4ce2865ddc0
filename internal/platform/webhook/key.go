package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The prefix and the bounds of a key are those of Standard Webhooks.
const (
	keyPrefix      = "whsec_"
	keyBytes       = 32
	minKey, maxKey = 24, 64
	// KeyOverlap is how long posts carry the signature of the former key, too.
	KeyOverlap = 24 * time.Hour
)

// Key signs posts until a time; the newest has none.
type Key struct {
	// Value is whsec_ and base64.
	Value string     `json:"value"`
	Until *time.Time `json:"until,omitempty"`
}

// Bytes returns what signs.
func (k Key) Bytes() []byte {
	b, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(k.Value, keyPrefix)) // checked when it was taken
	return b
}

// NewKey makes a key.
func NewKey() Key {
	b := make([]byte, keyBytes)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return Key{Value: keyPrefix + base64.StdEncoding.EncodeToString(b)}
}

// ParseKey takes a key that somebody has made, with whsec_ or without.
func ParseKey(text string) (Key, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, keyPrefix))
	if err != nil || len(b) < minKey || len(b) > maxKey {
		return Key{}, kernel.Errorf(kernel.Invalid, "this is no signing secret").
			WithFix("use whsec_ and %d to %d bytes in base64, or give none to have one made", minKey, maxKey)
	}
	return Key{Value: keyPrefix + strings.TrimPrefix(text, keyPrefix)}, nil
}

// Rotated puts a new key before the present one, which signs a while longer.
func Rotated(present []Key, next Key, now time.Time) []Key {
	until := now.Add(KeyOverlap)
	keys := []Key{next}
	if len(present) > 0 {
		keys = append(keys, Key{Value: present[0].Value, Until: &until})
	}
	return keys
}

// sign adds the headers of Standard Webhooks: one signature for each key that is valid, the
// newest first.
func sign(h http.Header, keys []Key, id string, payload []byte, now time.Time) {
	stamp := strconv.FormatInt(now.Unix(), 10)
	var signatures []string
	for _, k := range keys {
		if k.Until == nil || now.Before(*k.Until) {
			mac := hmac.New(sha256.New, k.Bytes())
			_, _ = mac.Write(slices.Concat([]byte(id+"."+stamp+"."), payload)) // a hash never fails
			signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		}
	}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", stamp)
	h.Set("webhook-signature", strings.Join(signatures, " "))
}
