package focus

import (
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// The head of the document of rules.
const (
	rulesVersion = "terrace.dev/v1"
	rulesKind    = "CostAllocation"
)

// whole is 100 % in hundredths of a percent.
const whole = 10_000

// maxRules bounds each list of a document.
const maxRules = 200

func mapKeys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }

// ParseRules reads rules of allocation. Its error names every problem with line and column.
func ParseRules(file string, source []byte) (Rules, error) {
	d, err := yamldoc.Read(file, source)
	if err != nil {
		return Rules{}, err
	}
	r := DefaultRules()
	r.Source = string(source)
	o := d.Root().Object("apiVersion", "kind", "spec")
	exactly(o, "apiVersion", rulesVersion)
	exactly(o, "kind", rulesKind)
	if spec, ok := o.Require("spec", "add spec with tags, assign or shared"); ok {
		parseSpec(spec.Object("tags", "assign", "shared"), &r)
	}
	return r, d.Err(file + " has no rules of allocation that can be applied")
}

func exactly(o yamldoc.Object, key, want string) {
	v, ok := o.Require(key, fmt.Sprintf("add %s: %s", key, want))
	if !ok {
		return
	}
	if s, ok := v.String(); ok && s != want {
		v.Problem(fmt.Sprintf("write %s: %s", key, want), "%q is not supported", s)
	}
}

func parseSpec(o yamldoc.Object, r *Rules) {
	if tags, ok := o.Get("tags"); ok {
		tags.EachKey(func(key, value yamldoc.Value) {
			if d, ok := dimension(key, key.Text()); ok {
				r.Tags[d] = value.Strings()
			}
		})
	}
	if list, ok := o.Get("assign"); ok {
		list.Items(func(i int, item yamldoc.Value) {
			if few(list, i) {
				r.Assign = append(r.Assign, parseAssignment(item.Object("name", "match", "set")))
			}
		})
	}
	if list, ok := o.Get("shared"); ok {
		list.Items(func(i int, item yamldoc.Value) {
			if few(list, i) {
				r.Shared = append(r.Shared, parseShared(item.Object("name", "match", "over", "how", "shares")))
			}
		})
	}
}

func few(list yamldoc.Value, i int) bool {
	if i == maxRules {
		list.Problem("put several into one, with * for what differs", "there are more than %d", maxRules)
	}
	return i < maxRules
}

func dimension(v yamldoc.Value, text string) (Dimension, bool) {
	if slices.Contains(Dimensions(), Dimension(text)) {
		return Dimension(text), true
	}
	v.Problem("use tenant, project, stage, workload, costcenter or owner", "%q is nothing that costs are allocated by", text)
	return "", false
}

func text(o yamldoc.Object, key, fix string) string {
	v, ok := o.Require(key, fix)
	if !ok {
		return ""
	}
	s, _ := v.Scalar()
	return s
}

func parseMatch(o yamldoc.Object) (m Match) {
	v, ok := o.Require("match", "say what it is about, such as match: {service: Azure Kubernetes Service}")
	if !ok {
		return m
	}
	fields := v.Object("provider", "service", "category", "subAccount", "resource", "tags")
	for key, to := range map[string]*string{"provider": &m.Provider, "service": &m.Service, "category": &m.Category, "subAccount": &m.SubAccount, "resource": &m.Resource} {
		if f, ok := fields.Get(key); ok {
			*to, _ = f.Scalar()
		}
	}
	if tags, ok := fields.Get("tags"); ok {
		m.Tags = map[string]string{}
		tags.Each(func(key string, value yamldoc.Value) { m.Tags[key], _ = value.Scalar() })
	}
	if m.Provider+m.Service+m.Category+m.SubAccount+m.Resource == "" && len(m.Tags) == 0 {
		v.Problem("set provider, service, category, subAccount, resource or tags; * stands for anything", "the match is empty")
	}
	return m
}

func parseAssignment(o yamldoc.Object) Assignment {
	a := Assignment{Name: text(o, "name", "name the rule, reports show it"), Match: parseMatch(o)}
	if set, ok := o.Require("set", "say whose it is, such as set: {project: shop}"); ok {
		set.EachKey(func(key, value yamldoc.Value) {
			if d, ok := dimension(key, key.Text()); ok {
				*a.Set.at(d), _ = value.Scalar()
			}
		})
	}
	return a
}

func parseShared(o yamldoc.Object) Shared {
	s := Shared{Name: text(o, "name", "name the rule, reports show it"), Match: parseMatch(o)}
	if over, ok := o.Require("over", "say among what it is divided, such as over: project"); ok {
		t, _ := over.String()
		s.Over, _ = dimension(over, t)
	}
	how, ok := o.Require("how", "say how it is divided: even, proportional or fixed")
	if !ok {
		return s
	}
	t, _ := how.String()
	if s.How = How(t); !slices.Contains([]How{Even, Proportional, Fixed}, s.How) {
		how.Problem("write even, proportional or fixed", "%q is no way to divide a cost", t)
	}
	shares, given := o.Get("shares")
	switch {
	case given && s.How != Fixed:
		shares.Problem("leave shares out, or write how: fixed", "only fixed shares are given")
	case s.How == Fixed && !given:
		how.Problem("add shares, such as shares: {shop: 60, orders: 40}", "there are no shares")
	case given:
		s.Shares = parseShares(shares)
	}
	return s
}

func parseShares(v yamldoc.Value) map[string]int64 {
	shares := map[string]int64{}
	sum := int64(0)
	v.Each(func(key string, value yamldoc.Value) {
		t, _ := value.Scalar()
		percent, err := strconv.ParseFloat(strings.TrimSuffix(t, "%"), 64)
		hundredths := math.Round(percent * 100)
		if err != nil || !(hundredths > 0 && hundredths <= whole) || math.Abs(hundredths-percent*100) > 1e-6 {
			value.Problem("write a number over 0 and up to 100 with at most two decimal places", "%q is no percentage", t)
			return
		}
		shares[key] = int64(hundredths)
		sum += shares[key]
	})
	if sum > whole {
		v.Problem("let them come to at most 100; what is left is shown as not allocated", "the shares come to %.2f %%", float64(sum)/100)
	}
	return shares
}
