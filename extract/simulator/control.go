package simulator

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// control serves /_sim/: what the server knows and a real one would not tell.
func control(s *Simulator, w http.ResponseWriter, req *http.Request) {
	name := strings.TrimPrefix(req.URL.Path, "/_sim/")
	if name == "reset" && req.Method == http.MethodPost {
		s.Reset()
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if req.Method != http.MethodGet {
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	value, ok := report(s, name)
	if !ok {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

func report(s *Simulator, name string) (any, bool) {
	switch name {
	case "requests":
		return s.Requests(), true
	case "world":
		return s.World(), true
	case "served":
		return s.Served(), true
	case "billing":
		return s.Billing(), true
	}
	parts := strings.Split(name, "/")
	if len(parts) != 3 || parts[0] != "object" {
		return nil, false
	}
	return s.object(parts[1], parts[2])
}
