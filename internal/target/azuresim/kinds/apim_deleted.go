package kinds

import (
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// apimDeletedKind are services that were deleted and can come back; to delete one is to purge it.
func apimDeletedKind() arm.Kind {
	return arm.Kind{Type: apimDeletedType, Scopes: arm.InSubscription, NoSystemData: true, NoProvisioningState: true}
}

func apimDeletedID(service arm.ID, location string) (arm.ID, error) {
	return arm.ParseID("/subscriptions/" + service.Subscription + "/providers/Microsoft.ApiManagement/locations/" + location + "/deletedServices/" + service.Name())
}

// apimDeleted keeps a deleted service for 48 hours.
func apimDeleted(c *arm.Context, r *arm.Resource) {
	id, err := apimDeletedID(r.ID, r.Location())
	if err != nil || r.Str("sku.name") == "Consumption" {
		return
	}
	c.Put(&arm.Resource{
		ID: id, Hidden: arm.Object{"body": r.Body, "hidden": r.Hidden},
		Body: arm.Object{"location": r.Location(), "properties": arm.Object{
			"serviceId": r.ID.String(), "deletionDate": c.Now().Format(time.RFC3339), "scheduledPurgeDate": c.Now().Add(apimKeptHours * time.Hour).Format(time.RFC3339),
		}},
	})
}

// apimChildDeleted keeps what went with its service, for the day that the service comes back.
func apimChildDeleted(c *arm.Context, r *arm.Resource) {
	service := r.ID
	for len(service.Types) > 1 {
		service = service.Parent()
	}
	if c.Get(service.String()) != nil {
		return
	}
	for _, kept := range c.Under("/subscriptions/"+service.Subscription, apimDeletedType) {
		if kept.Name() == service.Name() {
			c.PutRecord(kept.ID.String(), r.ID.String(), encode(arm.Object{"body": r.Body, "hidden": r.Hidden}))
		}
	}
}

// apimSoftDeleted refuses to make a service whose name a deleted one has, unless it is to come back.
func apimSoftDeleted(c *arm.Context, r, old *arm.Resource) error {
	id, err := apimDeletedID(r.ID, r.Location())
	if err != nil || old != nil {
		return err
	}
	kept := c.Get(id.String())
	switch {
	case kept == nil && r.Bool("properties.restore"):
		return arm.BadRequest("ServiceNotFound", "There is no deleted service %s in %s to restore.", r.Name(), r.Location())
	case kept != nil && !r.Bool("properties.restore"):
		return arm.Conflict("ServiceAlreadyExistsInSoftDeletedState", "Api service %s was soft-deleted. In order to create the new service with the same name, you have to either undelete the service or purge it. See https://aka.ms/apimsoftdelete.", r.Name())
	}
	return nil
}

// apimRestore brings a deleted service back with all that it had.
func apimRestore(c *arm.Context, r *arm.Resource) error {
	id, err := apimDeletedID(r.ID, r.Location())
	if err != nil {
		return err
	}
	kept := c.Get(id.String())
	r.Body, _ = kept.Hidden["body"].(arm.Object)
	r.Hidden, _ = kept.Hidden["hidden"].(arm.Object)
	c.Put(r)
	for _, name := range c.Records(id.String(), "") {
		child, err := arm.ParseID(name)
		if err != nil {
			return err
		}
		stored := decode(c.Record(id.String(), name))
		body, _ := stored["body"].(arm.Object)
		hidden, _ := stored["hidden"].(arm.Object)
		c.Put(&arm.Resource{ID: child, Body: body, Hidden: hidden})
	}
	c.Remove(id.String())
	return nil
}
