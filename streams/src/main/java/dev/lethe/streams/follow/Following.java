package dev.lethe.streams.follow;

/** Which version of a model a follower serves. */
public enum Following {
    /** The newest, champion or candidate. */
    NEWEST,
    /** The champion: what passed the model's gate or was chosen by an operator; else the newest. May go back in number. */
    CHAMPION
}
