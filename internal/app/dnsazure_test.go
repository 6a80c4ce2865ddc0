package app

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
)

// TestPrivateEndpointsAreNamedAsTheModulesNameThem holds the groups and the zones that DNS
// knows against those of the Terraform code. A zone with a region in its name is named by who
// makes the endpoint.
func TestPrivateEndpointsAreNamedAsTheModulesNameThem(t *testing.T) {
	t.Parallel()
	known := dns.PrivateLinks()
	named := func(yes func(dns.PrivateLink) bool) bool { return slices.ContainsFunc(known, yes) }
	seen := 0
	for _, m := range regexp.MustCompile(`"(privatelink\.[^"]+)"`).FindAllStringSubmatch(read(t, "../../iac/locals.network.tf"), -1) {
		if strings.Contains(m[1], "${") || regexp.MustCompile(`monitor|opinsights|automation`).MatchString(m[1]) { // of a scope of Azure Monitor, which is no service
			continue
		}
		if seen++; !named(func(l dns.PrivateLink) bool { return l.Zone == m[1] }) {
			t.Errorf("no group has the zone %s of the landing zone", m[1])
		}
	}
	regional := []string{"management", "prometheusMetrics"}
	modules, err := filepath.Glob("../../iac/modules/*/locals.tf")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range modules {
		line := regexp.MustCompile(`private_endpoint_subresource = (.*)`).FindStringSubmatch(read(t, file))
		if line == nil {
			continue
		}
		for _, m := range regexp.MustCompile(`"([A-Za-z]{3,})"`).FindAllStringSubmatch(line[1], -1) {
			if seen++; m[1] != "mongo" && !slices.Contains(regional, m[1]) && !named(func(l dns.PrivateLink) bool { return l.Group == m[1] }) {
				t.Errorf("%s: there is no group %s", file, m[1])
			}
		}
	}
	if seen < 18 {
		t.Errorf("only %d names were found", seen)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
