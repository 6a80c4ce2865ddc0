package focus

import (
	"cmp"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// piece is a part of the costs that is somebody's, or nobody's.
type piece struct {
	Labels

	service, currency string
	// rule divided it; "" for what is direct.
	rule   string
	amount Amount
}

type pieceKey struct {
	Labels

	service, currency, rule string
}

type poolKey struct {
	rule              int
	service, currency string
}

// allocation collects pieces.
type allocation struct {
	*labeller

	pieces map[pieceKey]Amount
	pools  map[poolKey]Amount
	// direct is what each of the labels costs by itself, by currency.
	direct map[string]map[Labels]Amount
}

// allocate gives every cost to labels: by tags, by assignment, and what is shared
// by its rule, in each currency for itself. Nothing is lost: the pieces come to
// the costs to the last digit.
func allocate(costs []Cost, r Rules, of func(Cost) Amount) []piece {
	a := &allocation{labeller: newLabeller(r), pieces: map[pieceKey]Amount{}, pools: map[poolKey]Amount{}, direct: map[string]map[Labels]Amount{}}
	for _, c := range costs {
		a.take(c, of(c))
	}
	for _, key := range slices.SortedFunc(maps.Keys(a.pools), comparePools) {
		a.divide(r.Shared[key.rule], key, a.pools[key])
	}
	return a.sorted()
}

func comparePools(x, y poolKey) int {
	return cmp.Or(cmp.Compare(x.rule, y.rule), cmp.Compare(x.service, y.service), cmp.Compare(x.currency, y.currency))
}

func (a *allocation) take(c Cost, amount Amount) {
	tags := a.tagsOf(c.Tags)
	for i, m := range a.shared {
		if m.matches(c.Thing, tags) {
			key := poolKey{i, c.Thing.Service, c.Currency}
			a.pools[key] = a.pools[key].Add(amount)
			return
		}
	}
	labels := a.labels(c.Thing, tags)
	a.add(pieceKey{labels, c.Thing.Service, c.Currency, ""}, amount)
	if a.direct[c.Currency] == nil {
		a.direct[c.Currency] = map[Labels]Amount{}
	}
	a.direct[c.Currency][labels] = a.direct[c.Currency][labels].Add(amount)
}

func (a *allocation) add(key pieceKey, amount Amount) { a.pieces[key] = a.pieces[key].Add(amount) }

// divide gives what a rule has matched to the values of its dimension.
func (a *allocation) divide(r Shared, key poolKey, amount Amount) {
	members := a.members(r.Over, key.currency)
	values, weights := r.weights(members, a.direct[key.currency])
	parts, ok := amount.split(weights)
	if !ok {
		a.add(pieceKey{Labels{}, key.service, key.currency, r.Name}, amount)
		return
	}
	for i, value := range values {
		a.within(r, key, value, members[value], parts[i])
	}
}

// within gives the part of a value to its labels, by what they cost directly.
func (a *allocation) within(r Shared, key poolKey, value string, members []Labels, amount Amount) {
	weights := make([]*big.Int, len(members))
	for i, m := range members {
		weights[i] = positive(a.direct[key.currency][m])
	}
	parts, ok := amount.split(weights)
	if !ok {
		var alone Labels
		*alone.at(r.Over) = value // "" is nobody
		members, parts = []Labels{alone}, []Amount{amount}
	}
	for i, m := range members {
		a.add(pieceKey{m, key.service, key.currency, r.Name}, parts[i])
	}
}

// members are the labels with direct costs by their value of a dimension.
func (a *allocation) members(d Dimension, currency string) map[string][]Labels {
	all := map[string][]Labels{}
	for _, l := range slices.SortedFunc(maps.Keys(a.direct[currency]), compareLabels) {
		if v := *l.at(d); v != "" {
			all[v] = append(all[v], l)
		}
	}
	return all
}

// weights says which value has how much. The empty value is nobody.
func (s Shared) weights(members map[string][]Labels, direct map[Labels]Amount) ([]string, []*big.Int) {
	values := slices.Sorted(maps.Keys(members))
	if s.How == Fixed {
		values = slices.Sorted(maps.Keys(s.Shares))
	}
	weights := make([]*big.Int, 0, len(values)+1)
	left := int64(whole)
	for _, v := range values {
		switch s.How {
		case Even:
			weights = append(weights, big.NewInt(1))
		case Fixed:
			weights = append(weights, big.NewInt(s.Shares[v]))
			left -= s.Shares[v]
		case Proportional:
			sum := new(big.Int)
			for _, l := range members[v] {
				sum.Add(sum, positive(direct[l]))
			}
			weights = append(weights, sum)
		}
	}
	if s.How == Fixed && left > 0 {
		return append(values, ""), append(weights, big.NewInt(left))
	}
	return values, weights
}

// positive is the weight of an amount: who has only credits takes part in nothing.
func positive(a Amount) *big.Int {
	if a.Sign() < 0 {
		return new(big.Int)
	}
	return a.big()
}

func compareLabels(x, y Labels) int {
	for _, d := range Dimensions() {
		if c := strings.Compare(*x.at(d), *y.at(d)); c != 0 {
			return c
		}
	}
	return 0
}

func (a *allocation) sorted() []piece {
	all := make([]piece, 0, len(a.pieces))
	for k, amount := range a.pieces {
		all = append(all, piece{Labels: k.Labels, service: k.service, currency: k.currency, rule: k.rule, amount: amount})
	}
	slices.SortFunc(all, func(x, y piece) int {
		return cmp.Or(cmp.Compare(x.currency, y.currency), compareLabels(x.Labels, y.Labels), cmp.Compare(x.service, y.service), cmp.Compare(x.rule, y.rule))
	})
	return all
}
