package architecture

import (
	"os"
	"path"
	"strings"
	"testing"
)

// TestTheGuideNamesEveryRoom: who comes new finds each room of a floor in the page about the house.
func TestTheGuideNamesEveryRoom(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/guide/house.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, floor := range []string{"platform", "access", "catalog", "delivery", "governance", "fabric", "target"} {
		rooms, err := os.ReadDir(path.Join("../../internal", floor))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rooms {
			if r.IsDir() && !strings.Contains(string(page), "`"+r.Name()+"`") {
				t.Errorf("docs/guide/house.md does not name internal/%s/%s: add it with what it owns", floor, r.Name())
			}
		}
	}
}
