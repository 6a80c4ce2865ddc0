package linkerd_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/cluster"
)

// TestLinkerdAllowsWhatTheRulesAllow asks the routes of many policies as Linkerd's proxy does:
// the longest match, then the one with a method, and of equals any.
func TestLinkerdAllowsWhatTheRulesAllow(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	paths := []string{"/", "/*", "/a", "/a/*", "/a/b", "/a/b/*", "/a/b/c", "/x/*"}
	methods := []string{"GET", "POST"}
	said := 0
	for range 1500 {
		rules := make([]allow, 1+random.IntN(3))
		source := policy + target + "  rules:\n"
		for i := range rules {
			rules[i] = allow{some(random, paths), some(random, methods)}
			if len(rules[i].paths)+len(rules[i].methods) == 0 {
				rules[i].methods = []string{"GET"} // all of a workload is no matter of routes
			}
			source += fmt.Sprintf("    - {from: [{workload: w%d}], paths: [%s], methods: [%s]}\n", i, strings.Join(rules[i].paths, ", "), strings.Join(rules[i].methods, ", "))
		}
		objects, err := render(t, source, cluster.Workload{Name: "orders", Ports: []cluster.Port{{Service: 80, Pod: 80}}})
		if err != nil {
			continue // told apart by a path alone that Linkerd does not tell apart
		}
		said++
		for _, path := range []string{"/", "/a", "/a/", "/a/b", "/a/b/", "/a/b/c", "/a/b/d", "/a/c", "/x", "/x/y", "/z"} {
			for _, method := range []string{"GET", "POST", "PUT"} {
				for _, got := range asked(objects, method, path) {
					if want := allowing(rules, method, path); !slices.Equal(got, want) {
						t.Fatalf("%s %s is allowed by %v, and not %v, of\n%s", method, path, got, want, source)
					}
				}
			}
		}
	}
	if said < 150 {
		t.Errorf("only %d of the policies can be said", said)
	}
}

type allow struct{ paths, methods []string }

func some(random *rand.Rand, all []string) []string {
	out := []string{}
	for _, s := range all {
		if random.IntN(4) == 0 {
			out = append(out, s)
		}
	}
	return out
}

// allowing are the rules that allow a call, as the documents mean it.
func allowing(rules []allow, method, path string) []string {
	out := []string{}
	for i, r := range rules {
		covered := len(r.paths) == 0 || slices.ContainsFunc(r.paths, func(p string) bool {
			head, below := strings.CutSuffix(p, "*")
			return !below && p == path || below && strings.HasPrefix(path, head) && len(path) > len(head)
		})
		if covered && (len(r.methods) == 0 || slices.Contains(r.methods, method)) {
			out = append(out, fmt.Sprintf("orders.%d", i))
		}
	}
	return out
}

// asked are whom each of the routes allows that are closest to a call.
func asked(objects []cluster.Object, method, path string) [][]string {
	best, names := -1, []string{}
	for _, o := range objects {
		if o.Kind != "HTTPRoute" {
			continue
		}
		for _, rule := range o.Spec["rules"].([]any) {
			for _, m := range rule.(map[string]any)["matches"].([]any) {
				switch rank := closeness(m.(map[string]any), method, path); {
				case rank > best:
					best, names = rank, []string{o.Metadata.Name}
				case rank == best && rank >= 0:
					names = append(names, o.Metadata.Name)
				}
			}
		}
	}
	out := [][]string{}
	for _, name := range names {
		who := []string{}
		for _, o := range objects {
			if rule, ok := strings.CutSuffix(o.Metadata.Name, "."+name); ok && o.Kind == "AuthorizationPolicy" {
				who = append(who, rule)
			}
		}
		out = append(out, who)
	}
	return out
}

func closeness(m map[string]any, method, path string) int {
	of, rank := m["path"].(map[string]any), -1
	value := of["value"].(string)
	switch of["type"] {
	case "Exact":
		if path == value {
			rank = len(value)
		}
	case "RegularExpression":
		if regexp.MustCompile("^(?:" + value + ")$").MatchString(path) {
			rank = len(path)
		}
	default:
		prefix := strings.TrimRight(value, "/")
		if rest, ok := strings.CutPrefix(strings.TrimRight(path, "/"), prefix); ok && (rest == "" || rest[0] == '/') {
			rank = max(len(prefix), 1)
		}
	}
	if said, ok := m["method"]; rank < 0 || ok && said != method {
		return -1
	} else if ok {
		return rank*2 + 1
	}
	return rank * 2
}
