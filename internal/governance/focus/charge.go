package focus

import (
	"crypto/sha256"
	"strings"
)

// Charge is what is read of one row of a billing file.
type Charge struct {
	Provider, Account, Currency string
	// Period and End are the first day of the billing period and the first after it,
	// Day is the first of the charge: 2026-01-31.
	Period, End, Day string
	// Category is Usage, Purchase, Tax, Credit or Adjustment.
	Category string
	Thing    Thing
	// Tags is a JSON object of texts, its keys in order; "" for none.
	Tags                    string
	Billed, Effective, List Amount
	// rounded says that an amount had more than 12 decimal places.
	rounded bool
}

// Thing is what is paid for.
type Thing struct {
	Provider   string `json:"provider"`
	Service    string `json:"service"`
	Category   string `json:"category"`
	SubAccount string `json:"subAccount"`
	Resource   string `json:"resource"`
	Name       string `json:"name"`
}

// Key identifies the thing in the store.
func (t Thing) Key() int64 {
	return number(sha256.Sum256([]byte(strings.Join([]string{t.Provider, t.Service, t.Category, t.SubAccount, t.Resource, t.Name}, "\x00"))))
}

// LabelKey identifies a set of tags in the store.
func LabelKey(tags string) int64 {
	if tags == "" {
		return 0
	}
	return number(sha256.Sum256([]byte(tags)))
}

// Categories returns what a charge may be.
func Categories() []string { return []string{"Usage", "Purchase", "Tax", "Credit", "Adjustment"} }
