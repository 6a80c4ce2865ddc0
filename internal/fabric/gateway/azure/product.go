package azure

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure/capability"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// product is what a product's document says, as its room keeps it.
type product struct {
	gateway.Policy `json:"-"`

	Title       string   `json:"title"`
	Description string   `json:"description"`
	Terms       string   `json:"terms"`
	State       string   `json:"state"`
	Visibility  string   `json:"visibility"`
	Routes      []string `json:"routes"`
	APIs        []apiRef `json:"apis"`
	Plans       []plan   `json:"plans"`
}

type apiRef struct {
	API     string `json:"api"`
	Version string `json:"version"`
}

type plan struct {
	Name             string   `json:"name"`
	Title            string   `json:"title"`
	Description      string   `json:"description"`
	Approval         bool     `json:"approval"`
	MaxSubscriptions int      `json:"maxSubscriptions"`
	Scopes           []string `json:"scopes"`
	RateLimits       []struct {
		Calls int64           `json:"calls"`
		Per   kernel.Duration `json:"per"`
	} `json:"rateLimits"`
	Quotas []struct {
		Calls int64  `json:"calls"`
		Bytes int64  `json:"bytes"`
		Per   string `json:"per"`
	} `json:"quotas"`
}

// What API Management takes of a product.
const (
	longestDescription = 1000
	longestTitle       = 300
	manySubscriptions  = 1000
	// monday is when periods of hours, days and weeks begin.
	monday = "2024-01-01T00:00:00Z"
)

// id is a plan's name as a product of API Management.
func (p product) id(of plan) string {
	return told(slug(p.Scope.Project, p.Name, of.Name), p.Scope.Project, p.Name, of.Name)
}

// told is a slug that tells apart what reads alike in one.
func told(slug string, parts ...string) string {
	return slug + "-" + kernel.DigestOf([]byte(strings.Join(parts, "\x00"))).Hex()[:6]
}

func (p product) published() bool { return p.State == "published" }

// offered keeps the products of the stage. A draft is there, too, so that those who have
// subscribed stay so.
func (t *translation) offered() {
	for _, doc := range t.Products {
		t.findings(placeOfProduct(doc), t.table.Look(capability.Product, doc.Name, doc.Spec))
		p := product{Policy: doc}
		if err := json.Unmarshal(doc.Spec, &p); err != nil {
			t.refuse(placeOfProduct(doc), "", "", "on Azure: the spec cannot be read: %v", err)
			continue
		}
		t.products = append(t.products, p)
		for i, of := range p.Plans {
			t.value.APIManagement.Products[p.id(of)] = t.offer(p, i, of)
		}
	}
}

func placeOfProduct(p gateway.Policy) place {
	return place{gateway.ClassProduct, capability.Product, p.Name, p.Scope}
}

// offer is a plan as API Management has it.
func (t *translation) offer(p product, i int, of plan) Product {
	at := "plans[" + strconv.Itoa(i) + "]"
	out := Product{
		Name: p.id(of), Terms: p.Terms, Published: p.published(), SubscriptionRequired: true, ApprovalRequired: of.Approval, SubscriptionsLimit: of.MaxSubscriptions,
		DisplayName: p.Scope.Project + ": " + cmp.Or(p.Title, p.Name) + ", " + cmp.Or(of.Title, of.Name),
		Description: strings.TrimSpace(p.Description + "\n\n" + of.Description),
	}
	if len([]rune(out.DisplayName)) > longestTitle {
		t.refuse(placeOfProduct(p.Policy), at+".title", "use shorter ones", "on Azure: the titles of the product and the plan have more than %d characters together", longestTitle)
	}
	if len([]rune(out.Description)) > longestDescription {
		t.refuse(placeOfProduct(p.Policy), at+".description", "use shorter ones", "on Azure: the descriptions of the product and the plan have more than %d characters together", longestDescription)
	}
	if of.Approval && of.MaxSubscriptions == 0 {
		out.SubscriptionsLimit = manySubscriptions // where a product approves, it has such a limit
	}
	if p.Visibility == "tenant" {
		out.Groups = []string{"developers"}
	}
	inbound := el("inbound").with(el("base")).with(t.planLimits(p, at, of)...)
	out.Policy = Policy{XML: el("policies").with(inbound, el("backend").with(el("base")), el("outbound").with(el("base")), el("on-error").with(el("base"))).String()}
	return out
}

// planLimits count for each subscription.
func (t *translation) planLimits(p product, at string, of plan) []element {
	var all []element
	key := func(what string) string {
		return text("product/"+p.Scope.String()+"/"+p.Name+"/"+of.Name+"/"+what+"/") + ` + context.Subscription.Id`
	}
	for i, l := range of.RateLimits {
		per, path := time.Duration(l.Per), fmt.Sprintf("%s.rateLimits[%d]", at, i)
		if per%time.Second != 0 {
			t.refuse(placeOfProduct(p.Policy), path+".per", "use whole seconds", "on Azure: %s is no time of whole seconds", per)
		}
		name := "rate-limit-by-key"
		if per > boundary {
			name = "quota-by-key"
		}
		all = append(all, el(name, "calls", t.countable(p, path+".calls", l.Calls), "renewal-period", strconv.FormatInt(seconds(int64(per)), 10), "counter-key", expression(key(per.String()))))
	}
	for i, q := range of.Quotas {
		path := fmt.Sprintf("%s.quotas[%d]", at, i)
		units, amount := "calls", t.countable(p, path+".calls", q.Calls)
		if q.Bytes > 0 {
			units, amount = "bandwidth", t.countable(p, path+".bytes", (q.Bytes+1023)/1024)
		}
		e := el("quota-by-key", units, amount, "renewal-period", map[string]string{"hour": "3600", "day": "86400", "week": "604800", "month": "0"}[q.Per])
		counter := key(units + "/" + q.Per)
		if q.Per == "month" { // months differ in length: each has a counter of its own, which never starts over
			counter += ` + "/" + System.DateTime.UtcNow.ToString("yyyy-MM")`
		}
		all = append(all, e.having(attribute{"counter-key", expression(counter)}, attribute{"first-period-start", monday}))
	}
	return all
}

func (t *translation) countable(p product, path string, n int64) string {
	if n > math.MaxInt32 {
		t.refuse(placeOfProduct(p.Policy), path, "use at most "+strconv.Itoa(math.MaxInt32), "on Azure: %d is more than API Management counts", n)
	}
	return strconv.FormatInt(n, 10)
}

// opens tells whether a product has a route: by its name, or since it has every API that the
// route is held against.
func (p product) opens(r *gateway.InForce) bool {
	if !p.published() || p.Scope.Tenant != r.Route.Scope.Tenant || p.Scope.Project != r.Route.Scope.Project {
		return false
	}
	if slices.Contains(p.Routes, r.Route.Name) {
		return true
	}
	var s struct {
		APIs []apiRef `json:"apis"`
	}
	if v, ok := policy(r, capability.Validation); ok && json.Unmarshal(v.Spec, &s) != nil {
		return false
	}
	return len(s.APIs) > 0 && !slices.ContainsFunc(s.APIs, func(a apiRef) bool { return !slices.Contains(p.APIs, a) })
}

// openPlan is a plan that opens a route.
type openPlan struct {
	product

	of plan
}

func (t *translation) plansOf(r *gateway.InForce) (all []openPlan) {
	for _, p := range t.products {
		if p.opens(r) {
			for _, of := range p.Plans {
				all = append(all, openPlan{p, of})
			}
		}
	}
	return all
}

// subscribed takes the key of a subscription, which API Management has found out itself.
func (d *document) subscribed(by *choice, p gateway.Policy, at string, k keys, r *gateway.InForce) {
	if k.Prefix != "" {
		d.t.refuse(placeOf(p), at+".prefix", "leave it out where products are", "on Azure: API Management makes the keys of subscriptions itself, and none begins with %s", k.Prefix)
	}
	if len(k.Keys) > 0 {
		d.t.refuse(placeOf(p), at+".keys", "give them a provider of their own, with another header", "on Azure: API Management refuses what is no key of its own where it looks for those")
	}
	var plans choice
	for _, one := range d.t.plansOf(r) {
		id, product := one.id(one.of), one.Scope.String()+"/"+one.Name
		if !slices.Contains(d.open, id) {
			d.open = append(d.open, id)
		}
		plans.when(every("context.Product != null", "context.Product.Id == "+text(id)), setVariable(varConsumer, `"subscription/" + context.Subscription.Id`),
			setVariable(varProduct, text(product)), setVariable(varPlan, text(product+"/"+one.of.Name)),
			setVariable(varScopes, text(" "+strings.Join(one.of.Scopes, " ")+" ")), setVariable(varProven, text("apiKey")))
	}
	plans.otherwise = []element{refusedCaller("The product of the key does not have this route")}
	by.when("context.Subscription != null", plans.done()...)
}

// Where API Management looks for keys of subscriptions by itself.
const (
	defaultHeader = "Ocp-Apim-Subscription-Key"
	defaultQuery  = "subscription-key"
)

// keyNames are where API Management looks for keys of subscriptions on a host. They are always
// said: azurerm leaves as they were the names that are not given any more.
func (d *document) keyNames() KeyNames {
	var names *KeyNames
	for _, r := range d.routes {
		p, ok := policy(r, capability.Authentication)
		if !ok {
			continue
		}
		var s authentication
		d.read(p, &s)
		for i, one := range s.Providers {
			if one.APIKey == nil || !one.APIKey.Products {
				continue
			}
			mine := &KeyNames{Header: cmp.Or(one.APIKey.Header, defaultHeader), Query: cmp.Or(one.APIKey.Query, defaultQuery)}
			if names != nil && *names != *mine {
				d.t.refuse(placeOf(p), "providers["+strconv.Itoa(i)+"].apiKey", "use one header or parameter for all routes of the host",
					"on Azure: API Management looks for keys of subscriptions in one place of a host, and routes of %s name several", d.host)
				continue
			}
			names = mine
		}
	}
	if names == nil {
		return KeyNames{Header: defaultHeader, Query: defaultQuery}
	}
	return *names
}
