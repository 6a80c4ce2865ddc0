package app

import (
	"strconv"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestWhoIsToldOfAnomalies(t *testing.T) {
	t.Parallel()
	type f = subscription.Filter
	exact := func(name, value string) f { return f{Exact: map[string]string{name: value}} }
	const anomaly, imported = "dev.terrace.cost.anomaly_found", "dev.terrace.cost.imported"
	for name, tt := range map[string]struct {
		filters []f
		want    bool
	}{
		"every event":            {nil, true},
		"anomalies":              {[]f{exact("type", anomaly)}, true},
		"all that is Terrace's":  {[]f{{Prefix: map[string]string{"type": "dev.terrace."}}}, true},
		"anomalies on one stage": {[]f{exact("type", anomaly), exact("stage", "prod")}, true},
		"of the project":         {[]f{exact("project", "shop")}, true},
		"imports alone":          {[]f{exact("type", imported)}, false},
		"all but costs":          {[]f{{Not: &f{Prefix: map[string]string{"type": "dev.terrace.cost."}}}}, false},
		"no such stage":          {[]f{exact("stage", "moon")}, false},
	} {
		if got := anomaliesPass(tt.filters, kernel.Scope{Tenant: "acme", Project: "shop"}, []string{"", "dev", "prod"}); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAllPagesAreCounted(t *testing.T) {
	t.Parallel()
	list := func(page kernel.PageRequest) (kernel.Page[int], error) {
		from, _ := strconv.Atoi(page.Cursor)
		if from == 4 {
			return kernel.Page[int]{Items: []int{from, from + 1}}, nil
		}
		return kernel.Page[int]{Items: []int{from, from + 1}, Next: strconv.Itoa(from + 2)}, nil
	}
	if n, err := counted(list, func(i int) bool { return i > 0 }); err != nil || n != 5 {
		t.Errorf("%d %v", n, err)
	}
	failing := func(kernel.PageRequest) (kernel.Page[int], error) {
		return kernel.Page[int]{}, kernel.Errorf(kernel.Unavailable, "no page")
	}
	if _, err := counted(failing, func(int) bool { return true }); !kernel.Is(err, kernel.Unavailable) {
		t.Errorf("%v", err)
	}
}
