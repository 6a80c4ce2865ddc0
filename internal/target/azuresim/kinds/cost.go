package kinds

import (
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const budgetYears = 10 // that a budget lasts when nobody says

// costKinds are budgets, in Microsoft.Consumption, and exports and scheduled actions, in
// Microsoft.CostManagement.
func costKinds() []arm.Kind {
	return []arm.Kind{
		{
			Type: "Microsoft.Consumption/budgets", Scopes: arm.InGroup | arm.InSubscription | arm.InManagementGroup,
			NoProvisioningState: true, NoSystemData: true, Status: arm.Status{Create: 201, Delete: 200},
			Name:      arm.NameRule{Pattern: `^[-\w]+$`, Max: 63},
			Required:  []string{"properties.amount", "properties.timePeriod.startDate", "properties.timeGrain"},
			Immutable: []string{"properties.timeGrain"},
			Default:   budgetDefault, Check: budgetCheck, Show: costShow,
		},
		{
			Type: "Microsoft.CostManagement/exports", Scopes: arm.InGroup | arm.InSubscription | arm.InManagementGroup,
			NoProvisioningState: true, Status: arm.Status{Create: 201, Delete: 200},
			Name:     arm.NameRule{Pattern: `^[-\w]+$`, Min: 3, Max: 64},
			Required: []string{"properties.definition.type", "properties.deliveryInfo.destination.resourceId"},
			Check:    exportCheck, Show: costShow,
		},
		{
			Type: "Microsoft.CostManagement/scheduledActions", Scopes: arm.Anywhere,
			NoProvisioningState: true, Status: arm.Status{Create: 201, Delete: 200},
			Name:     arm.NameRule{Pattern: `^[a-z0-9-]+$`, Max: 64},
			Required: []string{"properties.displayName", "properties.notification.to", "properties.schedule.startDate"},
			Check:    scheduledCheck, Compute: scheduledCompute, Show: costShow,
		},
	}
}

// costShow writes the etag the way these services do.
func costShow(_ *arm.Context, r *arm.Resource) { r.Set("eTag", r.Etag) }

func budgetDefault(c *arm.Context, r *arm.Resource) {
	r.Default("properties.category", "Cost")
	if start, err := time.Parse(time.RFC3339, r.Str("properties.timePeriod.startDate")); err == nil {
		r.Default("properties.timePeriod.endDate", start.AddDate(budgetYears, 0, 0).Format(time.RFC3339))
	}
	r.Set("properties.currentSpend", arm.Object{"amount": 0, "unit": "EUR"})
	_ = c
}

func budgetCheck(_ *arm.Context, r, _ *arm.Resource) error {
	start, err := time.Parse(time.RFC3339, r.Str("properties.timePeriod.startDate"))
	if err != nil || start.Day() != 1 {
		return arm.BadRequest("InvalidBudgetStartDate", "The start date of a budget must be the first of a month.")
	}
	end, err := time.Parse(time.RFC3339, r.Str("properties.timePeriod.endDate"))
	if err != nil || !end.After(start) {
		return arm.BadRequest("InvalidBudgetEndDate", "The end date of a budget must be after its start date.")
	}
	if r.Num("properties.amount") <= 0 {
		return arm.BadRequest("InvalidBudgetAmount", "The amount of a budget must be above zero.")
	}
	notifications := r.Obj("properties.notifications")
	if len(notifications) > 5 {
		return arm.BadRequest("TooManyNotifications", "A budget has at most five notifications.")
	}
	for name, n := range notifications {
		notification, _ := n.(arm.Object)
		if told(notification, "contactEmails") || told(notification, "contactGroups") || told(notification, "contactRoles") {
			continue
		}
		return arm.BadRequest("MissingContacts", "The notification '%s' needs contactEmails, contactRoles or contactGroups.", name)
	}
	return nil
}

func told(notification arm.Object, contacts string) bool {
	list, _ := notification[contacts].([]any)
	return len(list) > 0
}

// exportCheck refuses an export to a storage account that is not there.
func exportCheck(c *arm.Context, r, _ *arm.Resource) error {
	account := r.Str("properties.deliveryInfo.destination.resourceId")
	if c.Get(account) == nil {
		return arm.BadRequest("InvalidDestination", "The storage account '%s' of the export was not found.", account)
	}
	return nil
}

func scheduledCheck(_ *arm.Context, r, _ *arm.Resource) error {
	if r.Str("kind") == "InsightAlert" && !strings.Contains(strings.ToLower(r.ID.Scope), "/subscriptions/") {
		return arm.BadRequest("BadRequest", "Anomaly alerts are on subscriptions.")
	}
	return nil
}

// scheduledCompute writes the scope as Azure does, without the first slash.
func scheduledCompute(_ *arm.Context, r, _ *arm.Resource) {
	r.Set("properties.scope", strings.TrimPrefix(r.ID.Scope, "/"))
}
