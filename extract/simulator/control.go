package simulator

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
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
	if name == "faults" && req.Method == http.MethodPost {
		setFaults(s, w, req)
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

// maxFaults bounds the faults that are sent to the server.
const maxFaults = 16 << 20 // bytes

func setFaults(s *Simulator, w http.ResponseWriter, req *http.Request) {
	data, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxFaults))
	if err == nil {
		var faults Faults
		if faults, err = ParseFaults(data); err == nil {
			s.SetFaults(faults)
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	http.Error(w, err.Error(), http.StatusBadRequest)
}

func report(s *Simulator, name string) (any, bool) {
	switch name {
	case "requests":
		return s.Requests(), true
	case "world":
		return s.World(), true
	case "served":
		return s.Served(), true
	case "faults":
		return slices.Sorted(maps.Keys(faultKinds)), true
	case "shown":
		return s.Shown(), true
	case "billing":
		return s.Billing(), true
	}
	parts := strings.Split(name, "/")
	if len(parts) != 3 || parts[0] != "object" {
		return nil, false
	}
	return s.object(parts[1], parts[2])
}
