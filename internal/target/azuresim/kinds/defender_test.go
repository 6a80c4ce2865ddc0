package kinds_test

import (
	"net/http"
	"testing"
)

func TestAPlanThatBecomesFreeIsAnsweredAndGone(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	plan := c.group[:len("/subscriptions/00000000-0000-0000-0000-000000000001")] + "/providers/Microsoft.Security/pricings/KeyVaults"
	for _, tier := range []string{"Standard", "Free"} {
		status, answer := c.do(http.MethodPut, plan, `{"properties":{"pricingTier":"`+tier+`"}}`)
		if status != http.StatusOK {
			t.Fatalf("%s: status %d: %v", tier, status, answer)
		}
		c.want(answer, "properties.pricingTier", tier)
	}
	for _, left := range c.engine.Everything("Microsoft.Security/pricings") {
		t.Errorf("%s is left", left.ID)
	}
}

func TestDefenderPlansThatAzureRefuses(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	plans := c.subscription() + "/providers/Microsoft.Security/pricings/"
	c.want(c.must(http.MethodGet, plans+"Containers", ""), "properties.pricingTier", "Free")
	c.refused(http.MethodPut, plans+"Lunch", `{"properties":{"pricingTier":"Standard"}}`, http.StatusNotFound, "ResourceNotFound")
	c.refused(http.MethodPut, plans+"KeyVaults", `{"properties":{"pricingTier":"Gold"}}`, http.StatusBadRequest, "InvalidPricingTier")
}
