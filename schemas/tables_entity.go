package schemas

import (
	"maps"
	"slices"
)

// entitySources lists the entity lists of an object: section name to the path
// of its entities. Each section has the five kinds.
func entitySources(o Object, sections map[string]string) []Source {
	var sources []Source
	for _, section := range slices.Sorted(maps.Keys(sections)) {
		for _, kind := range []string{"url", "hashtag", "cashtag", "mention", "annotation"} {
			path := ""
			for _, p := range alternatives(sections[section]) {
				path += "|" + p + "." + kind + "s"
			}
			absent := Absence{Empty: true, Why: "the entities are those of the text"}
			if kind == "annotation" && section == "text" {
				absent = Absence{Why: "X stopped sending them in 2026"}
			}
			sources = append(sources, Source{Object: o, Path: path[1:], Set: map[string]string{"section": section, "kind": kind}, Absent: absent})
		}
	}
	return sources
}

// entityColumns are the columns of user_entities and tweet_entities.
func entityColumns(key, owner, sections string) []Column {
	return []Column{
		{Name: key, Type: ID, From: ParentKey, Ref: owner, Doc: "What the entity is in."},
		{Name: "section", Type: Text, From: Const, Enum: true, Doc: "Where in it: " + sections},
		{Name: "kind", Type: Text, From: Const, Enum: true, Doc: "url, hashtag, cashtag, mention or annotation."},
		{Name: "ordinal", Type: Int, From: Ordinal, Doc: "Position in the API's list of that kind, from 0."},
		{Name: "start", Type: Int, Doc: "First character of the entity in the text, from 0."},
		{Name: "end", Type: Int, Doc: "Character after the entity; of an annotation, its last character."},
		{Name: "url", Type: Text, Doc: "Short link as it stands in the text (url)."},
		{Name: "expanded_url", Type: Text, Doc: "Where the short link leads (url)."},
		{Name: "display_url", Type: Text, Doc: "Link as clients show it (url)."},
		{Name: "unwound_url", Type: Text, Doc: "Where the link ends up after redirects (url)."},
		{Name: "title", Type: Text, Doc: "Title of the page linked to (url)."},
		{Name: "description", Type: Text, Doc: "Description of the page linked to (url)."},
		{Name: "status", Type: Int, Doc: "HTTP status of the page linked to (url)."},
		{Name: "media_key", Type: Text, Ref: "media", Doc: "Media the link stands for (url)."},
		{Name: "tag", Type: Text, Path: "tag|hashtag|cashtag", Doc: "Tag without # or $ (hashtag, cashtag)."},
		{Name: "username", Type: Text, Doc: "Handle without @ (mention)."},
		{Name: "mentioned_user_id", Type: ID, Path: "id", Link: "users", Doc: "Account mentioned (mention)."},
		{Name: "annotation_type", Type: Text, Enum: true, Path: "type", Doc: "Person, Place, Product, Organization or Other (annotation)."},
		{Name: "normalized_text", Type: Text, Doc: "Text the annotation is about (annotation)."},
		{Name: "probability", Type: Float, Doc: "Confidence of the annotation, 0 to 1 (annotation)."},
		extras,
	}
}

// imageSources lists the preview images of links, with the owner's kind and
// the section of the entity.
func imageSources() []Source {
	var sources []Source
	add := func(o Object, owner, section, path string) {
		sources = append(sources, Source{Object: o, Path: path, Set: map[string]string{"owner_type": owner, "section": section},
			Absent: Absence{Empty: true, Why: "they come and go with the links"}})
	}
	add(Tweet, "tweet", "text", "entities.urls[].images")
	add(Tweet, "tweet", "note", "note_tweet.entities.urls[].images|note_post.entities.urls[].images")
	add(User, "user", "url", "entities.url.urls[].images")
	add(User, "user", "description", "entities.description.urls[].images")
	return sources
}
