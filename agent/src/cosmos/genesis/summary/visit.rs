//! How a document is walked through: into the objects that are named, and past all else.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// An object of which some fields are wanted.
pub(super) trait Object {
    /// Takes the value of one field, or passes it over.
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;
}

/// Walks through an object; null is an empty one.
pub(super) struct Fields<'a, O> {
    /// What takes the fields.
    pub object: &'a mut O,
    /// Where it is, for errors.
    pub place: &'static str,
}

impl<'de, O: Object> DeserializeSeed<'de> for Fields<'_, O> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, O: Object> Visitor<'de> for Fields<'_, O> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object at `{}`", self.place)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            self.object.field(&key, &mut map)?;
        }
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Counts the elements of a list at that place; null is an empty one.
pub(super) struct Count(pub &'static str);

impl<'de> DeserializeSeed<'de> for Count {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Count {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list at `{}`", self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<usize, A::Error> {
        let mut count = 0;
        while list.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    fn visit_unit<E: Error>(self) -> Result<usize, E> {
        Ok(0)
    }
}

/// An object with one list that is counted.
pub(super) struct Counted<'a> {
    /// The key of the list.
    pub list: &'static str,
    /// Where the list is, for errors.
    pub place: &'static str,
    /// The key of an object that may have the list instead.
    pub within: &'static str,
    /// What the elements are added to.
    pub count: &'a mut usize,
}

impl Object for Counted<'_> {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        if key == self.list {
            *self.count += map.next_value_seed(Count(self.place))?;
            Ok(())
        } else if key == self.within {
            let place = self.place;
            map.next_value_seed(Fields { object: self, place })
        } else {
            map.next_value::<IgnoredAny>().map(drop)
        }
    }
}

/// What is at a place: text, or something else.
#[derive(Default)]
pub(super) enum Scalar {
    /// Text.
    Text(String),
    /// Anything else.
    #[default]
    Other,
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self::Text(text)),
            _ => Ok(Self::Other),
        }
    }
}
