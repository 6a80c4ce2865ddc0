package kinds_test

import (
	"net/http"
	"strings"
	"testing"
)

const budgetBody = `{"properties":{"amount":100,"timeGrain":"Monthly","timePeriod":{"startDate":"2026-01-01T00:00:00Z"},` +
	`"notifications":{"n":{"enabled":true,"operator":"GreaterThan","threshold":80,"contactEmails":["a@example.com"]}}}}`

func TestABudgetLastsTenYearsWhenNobodySays(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	budget := c.must(http.MethodPut, "Microsoft.Consumption/budgets/group", budgetBody)
	c.want(budget, "properties.timePeriod.endDate", "2036-01-01T00:00:00Z")
	c.want(budget, "properties.category", "Cost")
	if tag, _ := budget["eTag"].(string); tag == "" {
		t.Errorf("no eTag in %v", budget)
	}
	c.must(http.MethodDelete, "Microsoft.Consumption/budgets/group", "")
}

func TestBudgetsThatAzureRefuses(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	for code, change := range map[string][2]string{
		"InvalidBudgetStartDate": {"2026-01-01", "2026-01-02"},
		"InvalidBudgetEndDate":   {`"startDate":"2026-01-01T00:00:00Z"`, `"startDate":"2026-01-01T00:00:00Z","endDate":"2025-01-01T00:00:00Z"`},
		"InvalidBudgetAmount":    {`"amount":100`, `"amount":0`},
		"MissingContacts":        {`["a@example.com"]`, `[]`},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			of := &dataCloud{t: t, engine: c.engine, group: c.group}
			of.refused(http.MethodPut, "Microsoft.Consumption/budgets/bad", strings.Replace(budgetBody, change[0], change[1], 1), http.StatusBadRequest, code)
		})
	}
}

func TestAnExportNeedsItsStorageAccount(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	account := c.group + "/providers/Microsoft.Storage/storageAccounts/stexports"
	body := `{"properties":{"definition":{"type":"Usage"},"deliveryInfo":{"destination":{"resourceId":"` + account + `","container":"c"}}}}`
	c.refused(http.MethodPut, "Microsoft.CostManagement/exports/daily", body, http.StatusBadRequest, "InvalidDestination")
	c.must(http.MethodPut, account, `{"location":"westeurope","kind":"StorageV2","sku":{"name":"Standard_LRS"}}`)
	c.must(http.MethodPut, "Microsoft.CostManagement/exports/daily", body)
}

func TestAnAnomalyAlertSaysItsScopeWithoutTheFirstSlash(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	alert := c.must(http.MethodPut, c.subscription()+"/providers/Microsoft.CostManagement/scheduledActions/anomalies",
		`{"kind":"InsightAlert","properties":{"displayName":"a","notification":{"to":["a@example.com"]},"schedule":{"startDate":"2026-01-01T00:00:00Z"}}}`)
	c.want(alert, "properties.scope", strings.TrimPrefix(c.subscription(), "/"))
}
