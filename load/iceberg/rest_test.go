package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	"github.com/apache/iceberg-go/table"
)

// serve answers as a REST catalogue does, with what another has.
func serve(t *testing.T, c *catalogue, token string) string {
	t.Helper()
	mux := http.NewServeMux()
	handle := func(pattern string, answer func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+token {
				refuse(w, http.StatusUnauthorized, "NotAuthorizedException", "the token is "+r.Header.Get("Authorization"))
				return
			}
			body, err := answer(r)
			switch {
			case errors.Is(err, catalog.ErrNoSuchNamespace):
				refuse(w, http.StatusNotFound, "NoSuchNamespaceException", err.Error())
			case errors.Is(err, catalog.ErrNoSuchTable):
				refuse(w, http.StatusNotFound, "NoSuchTableException", err.Error())
			case err != nil:
				refuse(w, http.StatusConflict, "CommitFailedException", err.Error())
			case body == nil:
				w.WriteHeader(http.StatusNoContent)
			default:
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(body)
			}
		})
	}
	type loaded struct {
		Location string             `json:"metadata-location"`
		Metadata table.Metadata     `json:"metadata"`
		Config   iceberg.Properties `json:"config"`
	}
	ident := func(r *http.Request) table.Identifier {
		return table.Identifier{r.PathValue("namespace"), r.PathValue("table")}
	}
	handle("GET /v1/config", func(*http.Request) (any, error) {
		return map[string]any{"defaults": iceberg.Properties{}, "overrides": iceberg.Properties{}}, nil
	})
	handle("GET /v1/namespaces/{namespace}", func(r *http.Request) (any, error) {
		props, err := c.LoadNamespaceProperties(r.Context(), table.Identifier{r.PathValue("namespace")})
		return map[string]any{"namespace": []string{r.PathValue("namespace")}, "properties": props}, err
	})
	handle("POST /v1/namespaces", func(r *http.Request) (any, error) {
		var body struct{ Namespace []string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return nil, err
		}
		return map[string]any{"namespace": body.Namespace}, c.CreateNamespace(r.Context(), body.Namespace, nil)
	})
	handle("GET /v1/namespaces/{namespace}/tables", func(r *http.Request) (any, error) {
		type one struct {
			Namespace []string `json:"namespace"`
			Name      string   `json:"name"`
		}
		all := []one{}
		for id, err := range c.ListTables(r.Context(), table.Identifier{r.PathValue("namespace")}) {
			if err != nil {
				return nil, err
			}
			all = append(all, one{id[:1], id[1]})
		}
		return map[string]any{"identifiers": all}, nil
	})
	handle("POST /v1/namespaces/{namespace}/tables", func(r *http.Request) (any, error) {
		var body struct {
			Name       string
			Schema     *iceberg.Schema
			Properties iceberg.Properties
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return nil, err
		}
		tbl, err := c.CreateTable(r.Context(), table.Identifier{r.PathValue("namespace"), body.Name}, body.Schema, catalog.WithProperties(body.Properties))
		if err != nil {
			return nil, err
		}
		return loaded{tbl.MetadataLocation(), tbl.Metadata(), iceberg.Properties{}}, nil
	})
	handle("GET /v1/namespaces/{namespace}/tables/{table}", func(r *http.Request) (any, error) {
		tbl, err := c.LoadTable(r.Context(), ident(r))
		if err != nil {
			return nil, err
		}
		return loaded{tbl.MetadataLocation(), tbl.Metadata(), iceberg.Properties{}}, nil
	})
	handle("POST /v1/namespaces/{namespace}/tables/{table}", func(r *http.Request) (any, error) {
		var body struct {
			Requirements table.Requirements
			Updates      table.Updates
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return nil, err
		}
		metadata, location, err := c.CommitTable(r.Context(), ident(r), body.Requirements, body.Updates)
		return loaded{location, metadata, iceberg.Properties{}}, err
	})
	handle("POST /v1/namespaces/{namespace}/tables/{table}/metrics", func(*http.Request) (any, error) { return nil, nil })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func refuse(w http.ResponseWriter, code int, kind, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"message": text, "type": kind, "code": code}})
}

func TestRESTCatalogue(t *testing.T) {
	dir, behind := newStore(t, 2), newTarget(t)
	p := place{uri: serve(t, behind.catalogue, "the-token"), name: "test", namespace: "spaces", env: func(name string) string {
		return map[string]string{"SPACESETL_ICEBERG_TOKEN": "the-token"}[name]
	}}
	d := openTarget(t, p)
	for _, n := range []int{2, 4} {
		next(t, dir, n)
		if sum := d.load(dir); sum.runs != 2 {
			t.Errorf("%+v", sum)
		}
	}
	if sum := d.load(dir); sum.files != 0 {
		t.Errorf("again: %+v", sum)
	}
	same(t, inFiles(t, dir), inTables(t, d.catalogue))
	if s := d.table("spaces").CurrentSnapshot(); s.Summary.Properties[runProperty] == "" {
		t.Errorf("snapshot of %v", s.Summary)
	}
	t.Run("Python", func(t *testing.T) {
		same(t, inFiles(t, dir), inPython(t, map[string]string{"type": "rest", "uri": p.uri, "token": "the-token"}))
	})

	p.env = func(string) string { return "wrong-token" }
	c, err := p.open(t.Context())
	if err == nil {
		t.Cleanup(c.close)
		_, err = c.lookup(t.Context(), marker)
	}
	if err == nil || strings.Contains(p.hide(err).Error(), "wrong-token") || !strings.Contains(err.Error(), "wrong-token") {
		t.Errorf("with a wrong token: %v", err)
	}
}
