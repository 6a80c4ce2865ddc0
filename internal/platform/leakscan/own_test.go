package leakscan_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// TestATextOfBeginningsIsBounded: many values that begin alike, and a text of nothing else.
func TestATextOfBeginningsIsBounded(t *testing.T) {
	t.Parallel()
	key, _ := leakscan.NewKey(make([]byte, leakscan.KeySize))
	index := leakscan.NewIndex(key)
	for n := range 200 {
		for _, e := range key.Entries(strings.Repeat("A", 1000+n*100) + "b") {
			index.Add(e, "shop/dev/long@1")
		}
	}
	found, err := leakscan.New().Scan(t.Context(), strings.Repeat("A", 4<<20), leakscan.Source{Own: index})
	if err != nil || found.Incomplete == "" {
		t.Errorf("%+v, %v", found, err)
	}
}
