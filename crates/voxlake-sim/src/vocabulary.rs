//! The enumerations of the API, each with the text of its values.

macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($(#[$note:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$note])* #[doc = concat!("`", $text, "`")] $variant,)+
        }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the value as the API writes it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// Parses a value as the API writes it.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

vocabulary! {
    /// Direction of an engagement or a leg.
    Direction {
        Inbound = "inbound",
        Outbound = "outbound",
    }
}

vocabulary! {
    /// Distribution of calls: by the queues of the centre (ACD), or not.
    Distribution {
        Acd = "acd",
        NonAcd = "non_acd",
    }
}

vocabulary! {
    /// Type of a call.
    CallType {
        ExternalCall = "external_call",
        ExternalConferenceCall = "external_conference_call",
        ExternalCallbackCall = "external_callback_call",
        InternalCall = "internal_call",
        InternalConferenceCall = "internal_conference_call",
        InternalCallbackCall = "internal_callback_call",
    }
}

vocabulary! {
    /// Sub-type of a call: the transfer, conference or flow that created a leg.
    SubType {
        ExternalWarmConferenceCall = "external_warm_conference_call",
        ExternalDirectConferenceCall = "external_direct_conference_call",
        ExternalWarmTransferCall = "external_warm_transfer_call",
        ExternalDirectTransferCall = "external_direct_transfer_call",
        InternalWarmConferenceCall = "internal_warm_conference_call",
        InternalDirectConferenceCall = "internal_direct_conference_call",
        InternalWarmTransferCall = "internal_warm_transfer_call",
        InternalDirectTransferCall = "internal_direct_transfer_call",
        FlowInitiatedOutgoingCall = "flow_initiated_outgoing_call",
    }
}

vocabulary! {
    /// Kind of a number of the centre.
    NumberType {
        TollFree = "toll_free_number",
        VirtualService = "virtual_service_number",
        /// The customer's own number at another carrier, which bills the calls: no charge here.
        Byoc = "byoc_number",
    }
}

vocabulary! {
    /// Result of an engagement or a leg.
    CallResult {
        Completed = "completed",
        ShortAbandoned = "short_abandoned",
        LongAbandoned = "long_abandoned",
        HoldAbandoned = "hold_abandoned",
        LongCalls = "long_calls",
        ShortCalls = "short_calls",
        HangUpCalls = "hang_up_calls",
        OverflowedToDisconnect = "overflowed_to_disconnect",
        OverflowedToInbox = "overflowed_to_inbox",
        Overflowed = "overflowed",
        AbandonQuit = "abandon_quit",
        AutoClosed = "auto_closed",
        Contained = "contained",
        Missed = "missed",
        Declined = "declined",
        CallbackAbandonedByConsumer = "callback_abandoned_by_consumer",
    }
}

impl CallResult {
    /// Returns whether an agent and the consumer spoke.
    #[must_use]
    pub fn reached_an_agent(self) -> bool {
        matches!(self, Self::Completed | Self::ShortCalls | Self::LongCalls | Self::HoldAbandoned)
    }

    /// Returns whether the consumer gave up, and so is likely to call again.
    #[must_use]
    pub fn gave_up(self) -> bool {
        matches!(self, Self::ShortAbandoned | Self::LongAbandoned | Self::HoldAbandoned | Self::AbandonQuit)
    }
}

vocabulary! {
    /// The party that placed a call.
    CallingParty {
        Consumer = "consumer",
        Agent = "agent",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_as_itself() {
        for result in CallResult::ALL {
            assert_eq!(CallResult::parse(result.as_str()), Some(*result));
        }
        assert_eq!(CallResult::ALL.len(), 16);
        assert_eq!(CallResult::parse("Completed"), None);
    }
}
