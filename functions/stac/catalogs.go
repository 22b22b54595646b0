package main

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/scope"
	"perigee/shared/stacapi"
)

// The workspaces that a scope may read beside the one that is asked are those that it includes; who may act in all of them
// sees each that has records.

// namedWorkspace begins the tokens of pages of catalogs.
const namedWorkspace = "w."

// Catalogs lists the workspaces that are catalogs of their own.
func (r records) Catalogs(ctx context.Context, sc scope.Scope, limit int, after string) (stacapi.CatalogPage, error) {
	var page stacapi.CatalogPage
	last, further := strings.CutPrefix(after, namedWorkspace)
	if after != "" && !further {
		return page, fault.At(fault.Invalid, "token", "the paging token cannot be read")
	}
	included := includedIn(sc)
	if !further {
		for _, workspace := range included {
			page.Catalogs = append(page.Catalogs, stacapi.Catalog{Workspace: workspace})
		}
	}
	if !everywhere(sc) {
		return page, nil
	}
	found, err := r.store.RecordWorkspaces(ctx, sc, last, limit+1)
	if err != nil {
		return page, err
	}
	if len(found) > limit {
		found = found[:limit]
		page.Next = namedWorkspace + found[limit-1]
	}
	for _, workspace := range found {
		if !slices.Contains(included, workspace) {
			page.Catalogs = append(page.Catalogs, stacapi.Catalog{Workspace: workspace})
		}
	}
	return page, nil
}

// includedIn are the workspaces whose records are answered together; none, when it is one alone.
func includedIn(sc scope.Scope) []string {
	if len(sc.Includes) == 0 {
		return nil
	}
	return sc.Readable()
}

// everywhere tells whether a scope may act in every workspace.
func everywhere(sc scope.Scope) bool {
	return sc.Workspace == scope.System && slices.Contains(sc.Roles, scope.Admin)
}

// Catalog finds one of the workspaces that are catalogs.
func (r records) Catalog(ctx context.Context, sc scope.Scope, workspace string) (stacapi.Catalog, error) {
	if slices.Contains(includedIn(sc), workspace) {
		return stacapi.Catalog{Workspace: workspace}, nil
	}
	missing := fault.At(fault.NotFound, "catalog", "there is no workspace %q that you may read here", workspace)
	if !everywhere(sc) || workspace == "" {
		return stacapi.Catalog{}, missing
	}
	found, err := r.store.Search(ctx, scope.New(workspace, sc.Principal), catalogue.Query{Limit: 1})
	if err == nil && len(found.Records) == 0 {
		err = missing
	}
	return stacapi.Catalog{Workspace: workspace}, err
}

// ItemMonths counts the items of collections by month.
func (r records) ItemMonths(ctx context.Context, sc scope.Scope, collections []string) ([]stacapi.Month, error) {
	found, err := r.store.MemberMonths(ctx, sc, collectionsOf(collections))
	var all []stacapi.Month
	for _, m := range found {
		month := stacapi.Month(m)
		month.Collection = collectionName(m.Collection)
		all = append(all, month)
	}
	return summed(all), err
}

// summed brings months into their order and makes one of those that are the same.
func summed(all []stacapi.Month) []stacapi.Month {
	order := func(a, b stacapi.Month) int {
		return cmp.Or(cmp.Compare(a.Collection, b.Collection), cmp.Compare(a.Year, b.Year), cmp.Compare(a.Month, b.Month))
	}
	slices.SortFunc(all, order)
	var each []stacapi.Month
	for _, m := range all {
		if n := len(each); n > 0 && order(each[n-1], m) == 0 {
			each[n-1].Count += m.Count
			continue
		}
		each = append(each, m)
	}
	return each
}
